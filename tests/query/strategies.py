"""Texts that clients could send: built from the names of the graph, and noise."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from merx.links import GRAPH
from merx.query.graph import Entity

NOISE = st.text(max_size=8) | st.sampled_from(
    ["*", "", "id", "..", "__proto__", "{row}", "' OR 1=1", "$1", "null", "[", "]", "$or"]
)


@st.composite
def paths(draw: DrawFn, entity: Entity, deepest: int = 4) -> str:
    """A path of the graph from the entity; sometimes one that ends in noise."""
    names: list[str] = []
    for _ in range(draw(st.integers(0, deepest - 1))):
        if not entity.relations:
            break
        name = draw(st.sampled_from(sorted(entity.relations)))
        names.append(name)
        entity = GRAPH.target(entity, name)
    ends = [*sorted(entity.fields), *sorted(entity.relations), "*", ""]
    names.append(draw(st.sampled_from(ends) | NOISE))
    return ".".join(names)


def fields(entity: Entity) -> SearchStrategy[str]:
    """A `fields` text: paths with prefixes, joined by commas."""
    prefixes = st.sampled_from(["", "", "", "+", "-", "*", " ", "+-", "**"])
    item = st.builds("{}{}".format, prefixes, paths(entity) | NOISE)
    return st.lists(item, max_size=6).map(",".join)


def orders(entity: Entity) -> SearchStrategy[str]:
    """An `order` text."""
    item = st.builds("{}{}".format, st.sampled_from(["", "-", "+"]), paths(entity, 3))
    return st.lists(item, max_size=3).map(",".join)


_VALUES = NOISE | st.sampled_from(
    ["true", "false", "null", "0", "-1", "1e3", "draft", "2026-01-01", "T-Shirt",
     "2026-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "1e999", "NaN"]
)  # fmt: skip
_OPERATORS = st.sampled_from(
    ["$eq", "$ne", "$in", "$nin", "$not", "$gt", "$gte", "$lt", "$lte", "$like", "$ilike", "$foo"]
)


@st.composite
def filters(draw: DrawFn, names: list[str]) -> list[tuple[str, str]]:
    """A nested query string as pairs: `$or[0][created_at][$gt]=…`."""
    pairs: list[tuple[str, str]] = []
    for _ in range(draw(st.integers(0, 5))):
        parts: list[str] = []
        if draw(st.booleans()):
            parts += [draw(st.sampled_from(["$and", "$or"])), str(draw(st.integers(0, 2)))]
        parts.append(draw(st.sampled_from(names) | NOISE))
        if draw(st.booleans()):
            parts.append(draw(_OPERATORS | st.sampled_from([*names, "", "0", "²"])))
        if draw(st.integers(0, 5)) == 0:
            parts.append(draw(_OPERATORS | NOISE))
        name = parts[0] + "".join(f"[{part}]" for part in parts[1:])
        pairs.append((name, draw(_VALUES)))
    return pairs


def jsonable(pairs: list[tuple[str, str]]) -> list[tuple[str, Any]]:
    """Pairs without lone surrogates, which no URL can carry."""
    return [
        (name.encode(errors="ignore").decode(), value.encode(errors="ignore").decode())
        for name, value in pairs
    ]
