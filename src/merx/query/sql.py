"""The SELECT of a plan: nested subselects that return finished JSON, and its bound values."""

from dataclasses import dataclass, field
from typing import Any

from merx.core.errors import InvalidData
from merx.query.conditions import (
    Compare,
    Condition,
    Either,
    Every,
    Negation,
    Related,
    Search,
)
from merx.query.graph import Entity, Field, Graph, Kind, Relation
from merx.query.plan import Order, Plan
from merx.query.selection import Node

_CASTS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "numeric",
    Kind.BOOLEAN: "boolean",
    Kind.TIME: "timestamptz",
    Kind.JSON: "jsonb",
}


@dataclass(slots=True)
class Statement:
    """SQL text with its values in the order of `$1`, `$2`, …"""

    text: str
    values: list[Any]


@dataclass(slots=True)
class _Writer:
    graph: Graph
    plan: Plan
    values: list[Any] = field(default_factory=list[Any])
    aliases: int = 0
    context: dict[str, str] = field(default_factory=dict[str, str])

    def alias(self) -> str:
        self.aliases += 1
        return f"t{self.aliases}"

    def bind(self, value: Any, cast: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{cast}"

    def live(self, entity: Entity, alias: str) -> str:
        hides = entity.soft and not self.plan.with_deleted
        return f"{alias}.deleted_at IS NULL" if hides else "true"

    # -- what is shown

    def field_sql(self, value: Field, row: str, via: str) -> str:
        return value.sql.format(row=row, via=via, context=_Context(self))

    def shown(self, value: Field, row: str, via: str) -> str:
        if value.needs and not any(name in self.plan.context for name in value.needs):
            raise InvalidData(value.needed)
        sql = self.field_sql(value, row, via)
        if value.kind is Kind.TIME:
            return f"""to_char({sql}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
        return sql

    def columns(self, node: Node, row: str, via: str) -> str:
        parts = [
            f'{self.shown(value, row, via)} AS "{name}"'
            for name, value in node.entity.fields.items()
            if name in node.fields
        ]
        for name, relation in node.entity.relations.items():
            if name in node.children:
                parts.append(f'{self.related(node.children[name], relation, row, via)} AS "{name}"')
            elif name in node.stubs:
                target = self.graph[relation.target]
                stub = Node(target, dict.fromkeys([target.key]))
                parts.append(f'{self.related(stub, relation, row, via)} AS "{name}"')
        return ", ".join(parts)

    def source(self, relation: Relation, parent: str, parent_via: str) -> tuple[str, str, str, str]:
        """Aliases of the child and the join row, FROM and WHERE of a relation."""
        target = self.graph[relation.target]
        child = self.alias()
        via = f"{child}v" if relation.via else parent
        where = relation.where.format(
            parent=parent, child=child, via=via, parent_via=parent_via, context=_Context(self)
        )
        tables = f"{target.table} {child}"
        if relation.via:
            tables = f"{relation.via} {via}, {tables}"
        return child, via, tables, f"{where} AND {self.live(target, child)}"

    def related(self, node: Node, relation: Relation, parent: str, parent_via: str) -> str:
        child, via, tables, where = self.source(relation, parent, parent_via)
        columns = self.columns(node, child, via)
        rows = f"SELECT {columns} FROM {tables} WHERE {where}"
        if not relation.many:
            return f"(SELECT row_to_json(r) FROM ({rows} LIMIT 1) r)"
        order = (relation.order or f"{{child}}.{node.entity.key}").format(child=child, via=via)
        return f"coalesce((SELECT json_agg(r) FROM ({rows} ORDER BY {order}) r), '[]'::json)"

    # -- which rows

    def condition(self, entity: Entity, row: str, via: str, condition: Condition) -> str:
        match condition:
            case Compare(path=(name,)):
                return self.compare(entity.fields[name], row, via, condition)
            case Compare(path=(name, *rest)):
                deeper = Compare(tuple(rest), condition.operator, condition.value)
                return self.exists(entity.relations[name], row, via, deeper)
            case Related(relation, part):
                return self.exists(entity.relations[relation], row, via, part)
            case Search(text):
                return self.search(entity, row, via, text)
            case Every(parts):
                return self.join(entity, row, via, parts, " AND ", "true")
            case Either(parts):
                return self.join(entity, row, via, parts, " OR ", "false")
            case Negation(part):
                return f"NOT coalesce({self.condition(entity, row, via, part)}, false)"
            case _:
                raise TypeError(f"not a condition: {condition!r}")

    def join(
        self, entity: Entity, row: str, via: str, parts: tuple[Condition, ...], word: str, none: str
    ) -> str:
        written = [f"({self.condition(entity, row, via, part)})" for part in parts]
        return word.join(written) or none

    def exists(self, relation: Relation, parent: str, parent_via: str, part: Condition) -> str:
        child, via, tables, where = self.source(relation, parent, parent_via)
        inner = self.condition(self.graph[relation.target], child, via, part)
        return f"EXISTS (SELECT 1 FROM {tables} WHERE {where} AND ({inner}))"

    def search(self, entity: Entity, row: str, via: str, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts = tuple(
            Compare(tuple(path.split(".")), "ILIKE", f"%{escaped}%") for path in entity.search
        )
        return self.condition(entity, row, via, Either(parts))

    def compare(self, value: Field, row: str, via: str, condition: Compare) -> str:
        sql = self.field_sql(value, row, via)
        cast = _CASTS[value.kind]
        match condition.operator:
            case "IS NULL":
                return f"{sql} IS NULL"
            case "IN":
                return f"{sql} = ANY({self.bind(condition.value, f'{cast}[]')})"
            case "NOT IN":
                return f"{sql} <> ALL({self.bind(condition.value, f'{cast}[]')})"
            case "LIKE" | "ILIKE" | "~":
                pattern = self.bind(condition.value, "text")
                return f"{sql}::text {condition.operator} {pattern}"
            case operator:
                return f"{sql} {operator} {self.bind(condition.value, cast)}"

    def order(self, entity: Entity, row: str, orders: tuple[Order, ...]) -> str:
        terms = [
            self.order_key(entity, row, row, order.path) + (" DESC" if order.descending else "")
            for order in orders
        ]
        if not any(order.path == (entity.key,) for order in orders):
            terms.append(f"{row}.{entity.key}")
        return ", ".join(terms)

    def order_key(self, entity: Entity, row: str, via: str, path: tuple[str, ...]) -> str:
        if len(path) == 1:
            return self.field_sql(entity.fields[path[0]], row, via)
        relation = entity.relations[path[0]]
        child, child_via, tables, where = self.source(relation, row, via)
        key = self.order_key(self.graph[relation.target], child, child_via, path[1:])
        return f"(SELECT min({key}) FROM {tables} WHERE {where})"


class _Context:
    """Binds a context value the first time an expression names it."""

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer

    def __getitem__(self, name: str) -> str:
        bound = self._writer.context
        if name not in bound:
            bound[name] = self._writer.bind(self._writer.plan.context.get(name), "text")
        return bound[name]


def select_one(graph: Graph, plan: Plan, row_id: str) -> Statement:
    """One row as JSON; no row when there is none that meets the plan's condition."""
    writer = _Writer(graph, plan)
    entity, row = plan.root.entity, writer.alias()
    where = f"{row}.{entity.key} = {writer.bind(row_id, 'text')} AND {writer.live(entity, row)}"
    if plan.condition is not None:
        where += f" AND {writer.condition(entity, row, row, plan.condition)}"
    columns = writer.columns(plan.root, row, row)
    text = (
        f"SELECT row_to_json(r) FROM (SELECT {columns} FROM {entity.table} {row} WHERE {where}) r"
    )
    return Statement(text, writer.values)


def select_given(graph: Graph, plan: Plan, row_ids: list[str]) -> Statement:
    """The rows of the ids as a JSON list, in the order of the ids."""
    writer = _Writer(graph, plan)
    entity, row = plan.root.entity, writer.alias()
    given = f"unnest({writer.bind(row_ids, 'text[]')}) WITH ORDINALITY AS given(id, place)"
    columns = writer.columns(plan.root, row, row)
    rows = (
        f"SELECT {columns} FROM {given} JOIN {entity.table} {row} ON {row}.{entity.key} = given.id"
        f" WHERE {writer.live(entity, row)} ORDER BY given.place"
    )
    return Statement(f"SELECT coalesce(json_agg(r), '[]'::json) FROM ({rows}) r", writer.values)


def select_page(graph: Graph, plan: Plan, limit: int, offset: int) -> Statement:
    """A page of rows as a JSON list, and the count of all rows that meet the condition."""
    writer = _Writer(graph, plan)
    entity, row = plan.root.entity, writer.alias()
    condition = writer.condition(entity, row, row, plan.condition or Every(()))
    where = f"{writer.live(entity, row)} AND {condition}"
    order = writer.order(entity, row, plan.orders)
    window = f"LIMIT {writer.bind(limit, 'bigint')} OFFSET {writer.bind(offset, 'bigint')}"
    # The page is cut before its columns are computed: skipped rows cost no subselects.
    page = f"SELECT {row}.* FROM {entity.table} {row} WHERE {where} ORDER BY {order} {window}"
    columns = writer.columns(plan.root, row, row)
    text = (
        f"SELECT coalesce((SELECT json_agg(r) FROM (SELECT {columns} FROM ({page}) {row}) r),"
        f" '[]'::json), (SELECT count(*) FROM {entity.table} {row} WHERE {where})"
    )
    return Statement(text, writer.values)
