"""Relations of an entity to itself, shown to their end, such as the categories below or above one.

One recursive query finds the rows at any depth, in the order in which they appear in the answer.
Each row writes its own piece of the JSON, including the brackets that open before it and close
after it: aggregates cannot nest in a recursive query, but text can be concatenated.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from merx.query.graph import Relation
from merx.query.selection import Node, Tree


@dataclass(frozen=True, slots=True)
class Shape:
    """Which relations of the root are `followed` to their end, and how `follow` shows them."""

    followed: tuple[str, ...] = ()
    whole: bool = False
    flags: tuple[tuple[str, bool], ...] = ()


PLAIN = Shape()


@dataclass(frozen=True, slots=True)
class Rows:
    """Aliases of the row asked for and of the rows below, the condition that a row is live, and the
    column lists by position of a row.
    """

    parent: str
    child: str
    alive: str
    first: str
    inner: str
    leaf: str


def follow(root: Node, name: str, *, whole: bool, flags: Iterable[tuple[str, bool]] = ()) -> None:
    """Follow the relation of the root to its end, if the root takes all of its columns.

    With `whole`, every row shows what the first rows show; otherwise further rows show what is
    selected of the root itself, as on the reference.
    """
    first, relation = root.children.get(name), root.entity.relations[name]
    columns = [field for field, value in root.entity.fields.items() if value.starred]
    if first is None or not first.fields.keys() >= set(columns):
        return
    beside = _beside(root, name)
    shown = [*(first.fields if whole else root.fields), *relation.follows]
    back = [] if whole else [field for other in _back(root, name) for field in other.fields]
    first.tree = Tree(
        name,
        Node(root.entity, first.above, first.fields, {**first.children, **beside}),
        Node(root.entity, first.above, dict.fromkeys([*shown, *back]), beside),
        Node(root.entity, first.above, dict.fromkeys(shown), beside),
        tuple(flags),
    )


def _back(root: Node, name: str) -> list[Node]:
    """What the root selects of its other self-relations.

    On the reference a row shows that too when another row leads back to it.
    """
    return [
        node
        for other, node in root.children.items()
        if other != name and root.entity.relations[other].follows
    ]


def _beside(root: Node, name: str) -> dict[str, Node]:
    """The root's other relations, which every row shows: rows above show their children, but rows
    below do not show their parent.
    """
    relations = root.entity.relations
    return {
        other: node
        for other, node in root.children.items()
        if not relations[other].follows
        or (other != name and relations[other].many and node.tree is None)
    }


def followed(tree: Tree, relation: Relation, rows: Rows) -> str:
    """The expression for all rows that follow the parent: nested lists or nested objects."""
    row = (
        f"CASE WHEN {rows.child}.level_ = 1 THEN {_text(rows.first)}"
        f" WHEN {rows.child}.next_ > {rows.child}.level_ THEN {_text(rows.inner)}"
        f" ELSE {_text(rows.leaf)} END"
    )
    comma = f"CASE WHEN {rows.child}.before_ >= {rows.child}.level_ THEN ',' ELSE '' END"
    if relation.many:
        closing = f"repeat(']}}', {rows.child}.level_ - {rows.child}.next_ + 1)"
        piece = f"""{comma} || left({row}, -1) || ',"{tree.name}":[' || {closing}"""
        text = f"'[' || coalesce(string_agg({piece}, '' ORDER BY {rows.child}.place_), '') || ']'"
    else:
        piece = f"""left({row}, -1) || ',"{tree.name}":'"""
        text = (
            f"coalesce(string_agg({piece}, '' ORDER BY {rows.child}.place_), '')"
            " || 'null' || repeat('}', count(*)::int)"
        )
    return f"(SELECT ({text})::json FROM ({_walk(tree, relation, rows)}) {rows.child})"


def _text(columns: str) -> str:
    return f"(SELECT row_to_json(r)::text FROM (SELECT {columns}) r)"


def _walk(tree: Tree, relation: Relation, rows: Rows) -> str:
    """The rows in the order of the answer, each with its level and those of the rows before and
    after it.
    """
    table, child = tree.first.entity.table, rows.child
    flags = "".join(
        f" AND {tree.first.entity.fields[name].sql.format(row=child)} IS {str(value).upper()}"
        for name, value in tree.flags
    )
    order = (relation.order or "{child}.id").replace("{child}.", "")
    start = relation.joined.format(parent=rows.parent, child=child)
    step = relation.joined.format(parent="above_", child=child)
    return (
        f"WITH RECURSIVE walk_ AS ("
        f"SELECT {child}.*, 1 AS level_ FROM {table} {child} WHERE {start} AND {rows.alive}{flags}"
        f" UNION ALL SELECT {child}.*, above_.level_ + 1 FROM walk_ above_, {table} {child}"
        f" WHERE {step} AND {rows.alive}{flags})"
        f" SEARCH DEPTH FIRST BY {order} SET place_"
        f" SELECT *, lag(level_, 1, 0) OVER row_order AS before_,"
        f" lead(level_, 1, 1) OVER row_order AS next_"
        f" FROM walk_ WINDOW row_order AS (ORDER BY place_)"
    )
