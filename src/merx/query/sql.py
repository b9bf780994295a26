"""The SELECT of a plan, with its values as bound parameters."""

from dataclasses import dataclass, field
from typing import Any

from merx.core.errors import InvalidData
from merx.query.columns import context_names, demands, field_sql, live, way, write_columns
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

_CASTS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "numeric",
    Kind.BOOLEAN: "boolean",
    Kind.TIME: "timestamptz",
    Kind.JSON: "jsonb",
}
_ROW = "root"
# Each word is looked for in each path: a bound on what one request makes the database do.
_MAX_WORDS = 30


@dataclass(slots=True)
class Statement:
    """SQL text with its values in the order of `$1`, `$2`, …"""

    text: str
    values: list[Any]


def select_one(graph: Graph, plan: Plan, row_id: str) -> Statement:
    """One row as JSON; no row when there is none that meets the plan's condition."""
    writer, entity = _Writer(graph, plan), plan.root.entity
    where = f"{_ROW}.{entity.key} = {writer.bind(row_id, 'text')} AND {writer.where(entity)}"
    rows = f"SELECT {writer.columns()} FROM {entity.table} {_ROW} WHERE {where}"
    return Statement(f"SELECT row_to_json(r) FROM ({rows}) r", writer.values)


def select_given(graph: Graph, plan: Plan, row_ids: list[str]) -> Statement:
    """The rows of the ids as a JSON list, in the order of the ids; each is found by its key."""
    writer, entity = _Writer(graph, plan), plan.root.entity
    given = f"unnest({writer.bind(row_ids, 'text[]')}) WITH ORDINALITY AS given(id, place)"
    by_key = f"SELECT * FROM {entity.table} t WHERE t.{entity.key} = given.id OFFSET 0"
    rows = (
        f"SELECT {writer.columns()} FROM {given} CROSS JOIN LATERAL ({by_key}) {_ROW}"
        f" WHERE {writer.where(entity)} ORDER BY given.place"
    )
    return Statement(f"SELECT coalesce(json_agg(r), '[]'::json) FROM ({rows}) r", writer.values)


def select_page(graph: Graph, plan: Plan, limit: int, offset: int) -> Statement:
    """A page of rows as a JSON list, and the count of all rows that meet the condition."""
    writer, entity = _Writer(graph, plan), plan.root.entity
    where = writer.where(entity)
    order = writer.order(entity, plan.orders)
    window = f"LIMIT {writer.bind(limit, 'bigint')} OFFSET {writer.bind(offset, 'bigint')}"
    # The page is cut before its columns are computed: skipped rows cost no subselects.
    page = f"SELECT {_ROW}.* FROM {entity.table} {_ROW} WHERE {where} ORDER BY {order} {window}"
    text = (
        f"SELECT coalesce((SELECT json_agg(r) FROM (SELECT {writer.columns()} FROM ({page}) {_ROW})"
        f" r), '[]'::json), (SELECT count(*) FROM {entity.table} {_ROW} WHERE {where})"
    )
    return Statement(text, writer.values)


@dataclass(slots=True)
class _Writer:
    graph: Graph
    plan: Plan
    values: list[Any] = field(default_factory=list[Any])
    aliases: int = 0

    def __post_init__(self) -> None:
        context = self.plan.context
        for value in demands(self.plan.root):
            if not any(name in context for name in value.needs):
                raise InvalidData(value.needed)
        self.values.extend(context.get(name) for name in context_names(self.plan.root))

    def bind(self, value: Any, cast: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{cast}"

    def columns(self) -> str:
        return write_columns(self.graph, self.plan.root, _ROW, self.plan.with_deleted)

    def where(self, entity: Entity) -> str:
        parts = [live(entity, _ROW, self.plan.with_deleted)]
        if self.plan.condition is not None:
            parts.append(self.condition(entity, _ROW, _ROW, self.plan.condition))
        return " AND ".join(parts)

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
        written = [self.condition(entity, row, via, part) for part in parts]
        return f"({word.join(written)})" if written else none

    def source(self, relation: Relation, parent: str, parent_via: str) -> tuple[str, str, str, str]:
        """Aliases of the child and the join row, FROM and WHERE of a relation."""
        self.aliases += 1
        target, child = self.graph[relation.target], f"w{self.aliases}"
        alive = live(target, child, self.plan.with_deleted)
        via, tables, where = way(relation, target, parent, child, parent_via, alive)
        return child, via, tables, where

    def exists(self, relation: Relation, parent: str, parent_via: str, part: Condition) -> str:
        child, via, tables, where = self.source(relation, parent, parent_via)
        inner = self.condition(self.graph[relation.target], child, via, part)
        return f"EXISTS (SELECT 1 FROM {tables} WHERE {where} AND {inner})"

    def search(self, entity: Entity, row: str, via: str, text: str) -> str:
        """Every word stands somewhere in one of the paths: a first name here, a last name there."""
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        words = list(dict.fromkeys(escaped.split()))
        if len(words) > _MAX_WORDS:
            raise InvalidData(f"Invalid request: 'q' has more than {_MAX_WORDS} words")
        paths = [tuple(path.split(".")) for path in entity.search]
        parts = tuple(
            Either(tuple(Compare(path, "ILIKE", f"%{word}%") for path in paths)) for word in words
        )
        return self.condition(entity, row, via, Every(parts))

    def compare(self, value: Field, row: str, via: str, condition: Compare) -> str:
        sql = field_sql(value, row, via)
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

    def order(self, entity: Entity, orders: tuple[Order, ...]) -> str:
        terms = [
            self.order_key(entity, _ROW, _ROW, order.path) + (" DESC" if order.descending else "")
            for order in orders
        ]
        if not any(order.path == (entity.key,) for order in orders):
            terms.append(f"{_ROW}.{entity.key}")
        return ", ".join(terms)

    def order_key(self, entity: Entity, row: str, via: str, path: tuple[str, ...]) -> str:
        if len(path) == 1:
            return field_sql(entity.fields[path[0]], row, via)
        relation = entity.relations[path[0]]
        child, child_via, tables, where = self.source(relation, row, via)
        key = self.order_key(self.graph[relation.target], child, child_via, path[1:])
        least = "bool_and" if self.end(entity, path).kind is Kind.BOOLEAN else "min"
        return f"(SELECT {least}({key}) FROM {tables} WHERE {where})"

    def end(self, entity: Entity, path: tuple[str, ...]) -> Field:
        """The field that a path leads to."""
        for name in path[:-1]:
            entity = self.graph.target(entity, name)
        return entity.fields[path[-1]]
