"""The column list of a SELECT, with nested subselects that build finished JSON.

The text depends only on the selection and on which values the reader's context (currency, region,
…) has, so it is written once per process. Those values are always the statement's first parameters.
Values that are missing are NULL in the text itself: the planner then leaves out what depends on
them, and the executor does not have to set it up for each request.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from merx.query.graph import Entity, Field, Graph, Kind, Relation, table_name
from merx.query.selection import Node, Tree
from merx.query.trees import Rows, followed

_TIME = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'


# A flag of the context that is set.
FLAG = "'true'::text"
# A value that the context lacks.
ABSENT = "NULL::text"


class Context(dict[str, str]):
    """Placeholders by the name of a context value: `{context[region_id]}` in a field's SQL.

    Flags, which no request sets, are part of the text.
    """

    def __init__(self, names: tuple[str, ...], flags: tuple[str, ...] = ()) -> None:
        super().__init__({name: f"${place}::text" for place, name in enumerate(names, start=1)})
        self.update(dict.fromkeys(flags, FLAG))

    def __missing__(self, name: str) -> str:
        return ABSENT


def live(entity: Entity, alias: str, with_deleted: bool) -> str:
    """The condition that a row is not deleted."""
    return f"{alias}.deleted_at IS NULL" if entity.soft and not with_deleted else "true"


def field_sql(value: Field, row: str, via: str, context: Context | None = None) -> str:
    """The expression of a field of the row with that alias."""
    return value.sql.format(row=row, via=via, context=Context(()) if context is None else context)


def shown_sql(value: Field, row: str, via: str, context: Context) -> str:
    """The expression of what is shown of a field. Its text in another language is left out where
    none is asked for: PostgreSQL would walk through it each time the statement runs.
    """
    is_other = value.shown and any(context[name] != ABSENT for name in value.uses)
    return field_sql(replace(value, sql=value.shown) if is_other else value, row, via, context)


def way(
    relation: Relation, target: Entity, parent: str, child: str, parent_via: str, alive: str
) -> tuple[str, str, str]:
    """The pieces that join a relation: alias of the join row (or of the parent), FROM and WHERE.

    `OFFSET 0` keeps the join order: from the parent's few join rows to each target by primary key.
    Without statistics the planner would otherwise read the whole target table first.
    """
    if relation.via is None:
        where = relation.joined.format(parent=parent, child=child, parent_via=parent_via)
        return parent, f"{target.table} {child}", f"{where} AND {alive}"
    join, via = relation.via, f"{child}v"
    rows = f"SELECT * FROM {target.table} t WHERE t.{target.key} = {via}.{join.far} OFFSET 0"
    near = parent_via if relation.from_link else parent
    where = f"{via}.{join.near} = {near}.id" + (f" AND {via}.deleted_at IS NULL" * join.soft)
    return via, f"{table_name(join.table)} {via}, LATERAL ({rows}) {child}", f"{where} AND {alive}"


@lru_cache(maxsize=256)
def context_names(root: Node) -> tuple[str, ...]:
    """The context values that the selection's fields read."""
    read = {name for value, _ in _fields(root) for name in (*value.uses, *value.needs)}
    return tuple(sorted(read.union(*(relation.uses for relation in _relations(root)))))


@lru_cache(maxsize=256)
def demands(root: Node) -> tuple[Field, ...]:
    """The selected fields that are refused when the context lacks a value they need."""
    return tuple(value for value, is_wish in _fields(root) if value.needs and not is_wish)


@lru_cache(maxsize=256)
def sparse_names(root: Node) -> tuple[str, ...]:
    """The selected fields that are left out when they are null."""
    return tuple(sorted(_sparse(root)))


@lru_cache(maxsize=256)
def write_columns(
    graph: Graph,
    root: Node,
    row: str,
    with_deleted: bool,
    names: tuple[str, ...],
    flags: tuple[str, ...],
) -> str:
    """The column list that shows the selection of the row with that alias, in a context that has
    the values with these names and these flags.
    """
    return _Writer(graph, Context(names, flags), with_deleted).columns(root, row, row)


def _fields(node: Node) -> Iterator[tuple[Field, bool]]:
    """The fields of a selection, each with whether it was named without a star."""
    for name in node.fields:
        yield node.entity.fields[name], name in node.wishes
    for child in node.children.values():
        yield from _fields(child)


def _sparse(node: Node) -> set[str]:
    own = {name for name in node.fields if node.entity.fields[name].sparse}
    own |= {name for name in node.children if node.entity.relations[name].sparse}
    return own.union(*map(_sparse, node.children.values()))


def _relations(node: Node) -> Iterator[Relation]:
    for name, child in node.children.items():
        yield node.entity.relations[name]
        yield from _relations(child)


class _Writer:
    def __init__(self, graph: Graph, context: Context, with_deleted: bool) -> None:
        self._graph = graph
        self._context = context
        self._with_deleted = with_deleted
        self._aliases = 0

    def columns(self, node: Node, row: str, via: str) -> str:
        parts = [
            f'{self._shown(value, row, via)} AS "{name}"'
            for name, value in node.entity.fields.items()
            if name in node.fields
        ]
        for name, relation in node.entity.relations.items():
            shown = node.children.get(name) or self._stub(node, name, relation)
            if shown is not None:
                parts.append(f'{self._related(shown, relation, row, via)} AS "{name}"')
        return ", ".join(parts)

    def _shown(self, value: Field, row: str, via: str) -> str:
        sql = shown_sql(value, row, via, self._context)
        return f"to_char({sql}, '{_TIME}')" if value.kind is Kind.TIME else sql

    def _stub(self, node: Node, name: str, relation: Relation) -> Node | None:
        if name not in node.stubs:
            return None
        target = self._graph[relation.target]
        return Node(target, fields=dict.fromkeys([target.key]))

    def _related(self, node: Node, relation: Relation, parent: str, parent_via: str) -> str:
        self._aliases += 1
        child = f"c{self._aliases}"
        if node.tree is not None:
            return self._followed(node.tree, relation, parent, child)
        alive = live(node.entity, child, self._with_deleted)
        if relation.only:
            only = relation.only.format(child=child, context=self._context)
            alive = f"{alive} AND {only}"
        via, tables, where = way(relation, node.entity, parent, child, parent_via, alive)
        rows = f"SELECT {self.columns(node, child, via)} FROM {tables} WHERE {where}"
        key = node.entity.key
        if not relation.many:
            # A key finds one row at most, and without a LIMIT the planner makes one node of three:
            # to set up the nodes of a plan takes longer than to run them.
            limit = "" if relation.via is None and relation.far == key else " LIMIT 1"
            return f"(SELECT row_to_json(r) FROM ({rows}{limit}) r)"
        if relation.order is None and key in node.fields:
            listed = f'({rows}) r ORDER BY r."{key}"'
        else:
            order = (relation.order or f"{{child}}.{key}").format(child=child, via=via)
            listed = f"({rows} ORDER BY {order}) r"
        # Not json_agg: a list has a few rows, and an aggregate takes longer to set up than to run.
        return f"array_to_json(ARRAY(SELECT row_to_json(r) FROM {listed}))"

    def _followed(self, tree: Tree, relation: Relation, parent: str, child: str) -> str:
        first, inner, leaf = (
            self.columns(node, child, child) for node in (tree.first, tree.inner, tree.leaf)
        )
        alive = live(tree.first.entity, child, self._with_deleted)
        return followed(tree, relation, Rows(parent, child, alive, first, inner, leaf))
