"""The `fields` text: which paths of the graph an answer shows.

The reference's rules: items are separated by commas. If any item is plain, the list replaces the
defaults, and `-a` in it counts as `a`. Otherwise `+a` (whose `+` may arrive as a space) adds and
`-a` removes. `*rel` or `rel.*` takes all columns of a relation, and a `*` alone in a text nothing.
A relation named without a star
shows as `{id}` if it leads to one row, and not at all if it leads to many or into another module
(`_name`). Unknown names are ignored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from merx.core.errors import InvalidData
from merx.query.graph import Entity, Graph

MAX_DEPTH = 10
MAX_NODES = 100
MAX_LENGTH = 16_384
_TURNS = 2

STAR = "*"
Path = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Node:
    """What is selected of one entity: fields by name, and deeper nodes by relation.

    `above`: the tables on the way from the root; `way`: the relations on that way. `tree`: what
    rows further on show when the relation that led here is followed to its end. `wishes`: fields
    named without a star, which are null rather than refused if the context lacks what they need.
    `named`: relations without a star. `is_entry`: the path entered the module here.

    Nodes are compared by identity, so a selection's SQL can be cached by its root, and do not
    change after `select`.
    """

    entity: Entity
    above: frozenset[str] = frozenset()
    fields: dict[str, None] = field(default_factory=dict[str, None])
    children: dict[str, "Node"] = field(default_factory=dict[str, "Node"])
    stubs: dict[str, None] = field(default_factory=dict[str, None])
    wishes: set[str] = field(default_factory=set[str])
    named: dict[str, None] = field(default_factory=dict[str, None])
    is_entry: bool = True
    tree: "Tree | None" = None
    way: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What a relation that is followed to its end shows, by the position of a row.

    `first`: the rows next to the one asked for. Of the others, `leaf`: rows with nothing below
    them; `inner`: the rest. `flags`: values a row must have, or it is left out with everything
    below it.
    """

    name: str
    first: Node
    inner: Node
    leaf: Node
    flags: tuple[tuple[str, bool], ...] = ()


def check_length(text: str) -> None:
    """Refuse a client's `fields` beyond the limit."""
    if len(text) > MAX_LENGTH:
        raise InvalidData(f"Invalid request: 'fields' is longer than {MAX_LENGTH} characters")


def parse_fields(text: str | None, defaults: Sequence[str]) -> list[Path]:
    """The paths of the text and the defaults; a path that ends in `*` takes all columns."""
    default_paths = [_path(item) for item in defaults]
    if text is None:
        return default_paths
    items = text.split(",")
    chosen = [item for item in items if item and _path(item) != (STAR,)]
    if not any(_is_plain(item) for item in items) and any(items):
        return _change(default_paths, chosen)
    return [_path(item) for item in chosen]


def _change(paths: Sequence[Path], items: Sequence[str]) -> list[Path]:
    """The paths after adding and removing the items in order; the last item wins."""
    changed = list(paths)
    for item in items:
        path = _path(item)
        if not item.startswith("-"):
            changed.append(path)
        elif "*" not in item:
            changed = [other for other in changed if other[: len(path)] != path]
    return changed


def _is_plain(item: str) -> bool:
    return bool(item) and item[0] not in "+-* " and not item.endswith(".*")


def _path(item: str) -> Path:
    name = item.lstrip("+- ").rstrip()
    if name.startswith("*"):
        name = f"{name.lstrip('*')}.*"
    return tuple(name.lstrip(".").split("."))


def select(graph: Graph, entity: Entity, paths: Sequence[Path]) -> Node:
    """Resolve paths on the graph; unknown names are left out."""
    root = Node(entity, fields=dict.fromkeys([entity.key]))
    count = 0
    for path in paths:
        if len(path) > MAX_DEPTH:
            raise InvalidData(
                f"Invalid request: 'fields' goes deeper than {MAX_DEPTH} levels: {'.'.join(path)}"
            )
        count += _take(graph, root, path)
        if count > MAX_NODES:
            raise InvalidData(f"Invalid request: 'fields' takes more than {MAX_NODES} relations")
    _open_named(graph, root)
    _echo(graph, root, root)
    return root


def _take(graph: Graph, node: Node, path: Path) -> int:
    """Add one path below the node; returns the number of relations it opened."""
    name, rest = node.entity.aliases.get(path[0], path[0]), path[1:]
    if not name:
        return _take(graph, node, rest) if len(rest) > 1 else 0
    if not rest:
        if name == STAR:
            _take_all(graph, node)
            return 0
        if name in node.entity.fields:
            if name not in node.fields:
                node.wishes.add(name)
            _take_field(node, name)
            return 0
        return _name(graph, node, name)
    if name in node.entity.fields and node.entity.fields[name].whole:
        node.wishes.discard(name)
        _take_field(node, name)
        return 0
    if name not in node.entity.relations or not _leads_somewhere(graph, node.entity, name, rest):
        return 0
    opened = name not in node.children
    if opened:
        _open(graph, node, name)
        _show_beside(node, name)
        _refuse_circles(node, name)
    if rest == (STAR,):
        opened += _take_brought(graph, node, name)
    return opened + _take(graph, node.children[name], rest)


def _take_brought(graph: Graph, node: Node, name: str) -> int:
    """Add what a starred relation of the root brings along."""
    brings = () if node.way else node.entity.relations[name].brings
    return sum(_take(graph, node.children[name], tuple(brought.split("."))) for brought in brings)


def _take_field(node: Node, name: str) -> None:
    node.fields[name] = None
    for other in node.entity.fields[name].shows:
        node.fields[other] = None


def _take_all(graph: Graph, node: Node) -> None:
    for name, value in node.entity.fields.items():
        if value.starred:
            node.fields[name] = None
    for name, relation in node.entity.relations.items():
        if relation.stub and graph[relation.target].table not in node.above:
            node.stubs[name] = None


def _name(graph: Graph, node: Node, name: str) -> int:
    """Record a relation that is named without a star.

    As on the reference, one that leads into another module or back where the path came from shows
    nothing; neither does one to many rows, except at the row where the path entered its module.
    """
    relation = node.entity.relations.get(name)
    if relation is None or relation.linked or name in node.named:
        return 0
    if graph[relation.target].table in node.above or (relation.many and node.is_entry):
        return 0
    node.named[name] = None
    return 1


def _open_named(graph: Graph, node: Node) -> None:
    """Open the relations that were named without a star and have no deeper path."""
    for name in node.named:
        if name in node.children:
            continue
        child = _open(graph, node, name)
        if node.entity.relations[name].many:
            _take_all(graph, child)
        else:
            child.fields[child.entity.key] = None
    for child in node.children.values():
        _open_named(graph, child)


def _open(graph: Graph, node: Node, name: str) -> Node:
    relation, target = node.entity.relations[name], graph.target(node.entity, name)
    above = node.above | {node.entity.table}
    way = (*node.way, f"{node.entity.table}.{name}")
    shown = dict.fromkeys(target.always)
    child = node.children[name] = Node(target, above, shown, way=way, is_entry=relation.linked)
    return child


def _show_beside(node: Node, name: str) -> None:
    for shown in node.entity.relations[name].shows:
        node.fields[shown] = None


def _refuse_circles(node: Node, name: str) -> None:
    """Refuse a cycle that is followed more than once: each further turn would multiply the rows of
    the answer.
    """
    step, relation = f"{node.entity.table}.{name}", node.entity.relations[name]
    # A relation that can be followed is a tree, so it ends.
    if relation.many and not relation.follows and node.way.count(step) >= _TURNS:
        raise InvalidData(f"Invalid request: 'fields' goes round in circles: {name}")


def _leads_somewhere(graph: Graph, entity: Entity, name: str, rest: Path) -> bool:
    """Whether to open the relation for the path below it: its rows always show something, or the
    path names something they have.
    """
    target = graph.target(entity, name)
    head = target.aliases.get(rest[0], rest[0])
    known = head in target.relations or (head in target.fields and target.fields[head].whole)
    if len(rest) == 1:
        known = known or head == STAR or head in target.fields
    return known or bool(target.always)


def _echo(graph: Graph, root: Node, node: Node) -> None:
    """Let stubs show what the root selects of the same rows, including relations opened later."""
    for name in node.stubs:
        relation = node.entity.relations[name]
        target = graph.target(node.entity, name)
        source = root.children.get(relation.echoes or "")
        echoes = source.fields if source and source.entity.table == target.table else {}
        shown = dict.fromkeys([target.key, *echoes])
        child = node.children.get(name)
        if child is not None:
            child.fields = {**shown, **child.fields}
        elif echoes:
            node.children[name] = Node(target, node.above | {node.entity.table}, fields=shown)
    for child in node.children.values():
        _echo(graph, root, child)
