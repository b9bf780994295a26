"""Nested query strings as Express parses them: `a=1&b[]=2&c[d]=3&e.f=4` → `{a, b: […], c: {d}, e:
{f}}`.
"""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from merx.core.errors import InvalidData
from merx.core.shapes import is_dict

# A parsed query, or an object in it: texts, and lists and objects of them.
Query = dict[str, Any]

MAX_DEPTH = 8
MAX_PAIRS = 1000
# Longer keys are treated as names: no index is that long, and Python refuses integers of thousands
# of digits.
_DIGITS = 9


def parse_query(text: str) -> Query:
    """The query as nested dicts and lists of texts; repeated keys become lists."""
    root: Query = {}
    pairs = [pair for pair in text.split("&") if pair]
    if len(pairs) > MAX_PAIRS:
        raise InvalidData(f"Invalid request: The query has more than {MAX_PAIRS} parameters")
    for pair in pairs:
        name, _, value = pair.partition("=")
        _put(root, _path(_decode(name)), _decode(value))
    return {name: _lists(value) for name, value in root.items()}


_STRAY = re.compile("%(?![0-9A-Fa-f]{2})")


def _decode(text: str) -> str:
    """A name or value without percent-encoding; unchanged if the encoding is not valid text.

    People write `description[$ilike]=%shirt%` and `q=100%`; the reference takes such texts as they
    are.
    """
    text = text.replace("+", " ")
    if "%" not in text or _STRAY.search(text):
        return text
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return text


def _path(name: str) -> list[str]:
    """`a[b][]` and `a.b[]` alike → `[a, b, ""]`."""
    head, bracket, rest = name.partition("[")
    parts = head.split(".")
    if not all(parts):
        return [name]
    if bracket:
        parts += rest.removesuffix("]").split("][")
    if len(parts) > MAX_DEPTH:
        raise InvalidData(f"Invalid request: Filters go deeper than {MAX_DEPTH} levels: {head}")
    return parts


def _put(node: Query, path: list[str], value: str) -> None:
    for part in path[:-1]:
        child = node.setdefault(part if part else str(len(node)), {})
        if not is_dict(child):
            child = node[part] = {"0": child}
        node = child
    last = path[-1]
    if not last:
        last = str(len(node))
    if last in node:
        node[last] = _both(node[last], value)
    else:
        node[last] = value


def _both(present: Any, value: str) -> Any:
    if is_dict(present):
        present[str(len(present))] = value
        return present
    return {"0": present, "1": value}


def _lists(value: Any) -> Any:
    """Turn dicts whose keys are all numbers into lists, in the order of the keys."""
    if not is_dict(value):
        return value
    items = {key: _lists(item) for key, item in value.items()}
    if items and all(key.isascii() and key.isdigit() and len(key) <= _DIGITS for key in items):
        return [items[key] for key in sorted(items, key=int)]
    return items
