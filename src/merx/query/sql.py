"""The SELECT of a plan, with its values as bound parameters."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from merx.core.errors import InvalidData
from merx.query.columns import (
    ABSENT,
    FLAG,
    Context,
    context_names,
    demands,
    field_sql,
    shown_sql,
    write_columns,
)
from merx.query.conditions import Compare, Condition, Every
from merx.query.graph import Entity, Field, Graph, Kind
from merx.query.leading import conjuncts, is_found
from merx.query.plan import Order, Plan, Within
from merx.query.where import CASTS, Where

_ROW = "root"
_PLACEHOLDER = re.compile(r"\$(\d+)")


@dataclass(slots=True)
class Statement:
    """SQL text with its values in the order of `$1`, `$2`, …"""

    text: str
    values: list[Any]


def select_one(graph: Graph, plan: Plan, row_id: str) -> Statement:
    """One row as JSON; no row if none meets the plan's condition."""
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
    """A page of rows as a JSON list with the count of all matching rows, then the facets and the
    keys of the last row if the plan asks for them.
    """
    writer, entity = _Writer(graph, plan), plan.root.entity
    where = writer.where(entity, led=True)
    order = writer.order(entity)
    if plan.facets or plan.after is not None:
        return _extended_page(writer, where, order, limit, offset)
    taken, skipped = writer.bind(limit, "bigint"), writer.bind(offset, "bigint")
    # Cut the page before computing its columns: skipped rows then cost no subselects.
    page = (
        f"SELECT {_ROW}.* FROM {entity.table} {_ROW} WHERE {where}"
        f" ORDER BY {order} LIMIT {taken} OFFSET {skipped}"
    )
    count = _kept_count(writer)
    if count:
        head, rows = writer.keys(), f"({page})"
    else:
        head, rows = f"{writer.head()} page_ AS MATERIALIZED ({page}) ", "page_"
        count = _count(writer, where, taken, skipped)
    text = (
        f"{head}SELECT coalesce((SELECT json_agg(r) FROM (SELECT {writer.columns()} FROM {rows}"
        f" {_ROW}) r), '[]'::json), {count}{writer.is_few()}"
    )
    return Statement(text, writer.values)


def _extended_page(writer: "_Writer", where: str, order: str, limit: int, offset: int) -> Statement:
    """A page with a cursor or facets: matching rows are found once for all facets."""
    entity, facets = writer.plan.root.entity, writer.facets()
    taken, skipped = writer.bind(limit, "bigint"), writer.bind(offset, "bigint")
    rows = f"FROM {entity.table} {_ROW} WHERE {where}"
    every = f"FROM {entity.table} {_ROW} WHERE {writer.whole(where)}"
    if writer.plan.facets:
        matched = f"matched_ AS MATERIALIZED (SELECT {_ROW}.{entity.key} AS id {every}), "
        count = "(SELECT count(*) FROM matched_)"
    else:
        matched = ""
        count = _kept_count(writer) or _count(writer, where, taken, skipped)
    page = (
        f"page_ AS MATERIALIZED (SELECT {_ROW}.*, {writer.place()} AS place_ {rows}"
        f" AND {writer.behind()} ORDER BY {order} LIMIT {taken} OFFSET {skipped})"
    )
    text = (
        f"{writer.head()} {matched}{writer.sample()}{page}"
        f" SELECT coalesce((SELECT json_agg(r) FROM (SELECT {writer.columns()} FROM page_ {_ROW})"
        f" r), '[]'::json), {count}, {facets},"
        f" (SELECT CASE WHEN count(*) = {taken} THEN (array_agg(place_))[count(*)] END FROM page_)"
        f"{writer.is_few()}"
    )
    return Statement(text, writer.values)


def _count(writer: "_Writer", where: str, taken: str, skipped: str) -> str:
    """The number of matching rows: known if `page_` is the last page, else counted."""
    entity = writer.plan.root.entity
    counted = f"(SELECT count(*) FROM {entity.table} {_ROW} WHERE {writer.whole(where)})"
    if writer.plan.after:
        return counted
    return (
        f"(SELECT CASE WHEN n < {taken} AND (n > 0 OR {skipped} = 0) THEN {skipped} + n"
        f" ELSE {counted} END FROM (SELECT count(*) AS n FROM page_) shown)"
    )


def _kept_count(writer: "_Writer") -> str:
    """The number of matching rows as triggers keep it; "" if they do not for this condition."""
    plan, entity = writer.plan, writer.plan.root.entity
    asked = list(conjuncts(plan.condition or Every(())))
    kept = "(SELECT coalesce(sum(delta), 0)::bigint FROM list_count WHERE list ="
    if plan.with_deleted:
        return ""
    if entity.counted is not None and asked == [*conjuncts(entity.counted)]:
        name = entity.table.strip('"')
        return f"{kept} '{name}')"
    values = [value for part in asked for value in _counted_values(entity, part)]
    others = [part for part in asked if not _counted_values(entity, part)]
    if len(values) == 1 and all(_is_of_no_row(entity, part) for part in others):
        name = writer.bind(f"{entity.name}:{values[0]}", "text")
        return " AND ".join([f"{kept} {name}", *map(writer.of_no_row, others)]) + ")"
    return ""


def _counted_values(entity: Entity, part: Condition) -> list[Any]:
    """The values for which a condition wants the rows that triggers count."""
    match part:
        case Compare(path=(name,), operator="IN") if name == entity.counted_by:
            return list(part.value)
        case _:
            return []


def _is_of_no_row(entity: Entity, part: Condition) -> bool:
    """Whether a condition holds for all rows or for none."""
    match part:
        case Compare(path=(name,)) if name in entity.predicates:
            return "{row}" not in entity.predicates[name]
        case _:
            return False


def together(statements: Sequence[Statement]) -> Statement:
    """Several pages in one statement, as a list of `{"rows": …, "count": …}`."""
    values: list[Any] = []
    parts: list[str] = []
    for statement in statements:
        before = len(values)
        text = _PLACEHOLDER.sub(lambda found, b=before: f"${int(found[1]) + b}", statement.text)
        parts.append(f"(SELECT row_to_json(p) FROM ({text}) p(rows, count))")
        values.extend(statement.values)
    return Statement(f"SELECT json_build_array({', '.join(parts)})", values)


def select_all(graph: Graph, plan: Plan) -> Statement:
    """Every matching row, each as JSON in a row of the result."""
    writer, entity = _Writer(graph, plan), plan.root.entity
    where = writer.where(entity, led=True)
    order = writer.order(entity)
    # As in a page, order the rows before computing their columns.
    rows = f"SELECT {_ROW}.* FROM {entity.table} {_ROW} WHERE {where} ORDER BY {order} OFFSET 0"
    shown = f"SELECT {writer.columns()} FROM ({rows}) {_ROW}"
    return Statement(f"{writer.keys()}SELECT row_to_json(r) FROM ({shown}) r", writer.values)


class _BoundContext(Context):
    """The context of fields used in filters and order.

    Values are bound when first read, since few fields read any; the columns have their own
    parameters.
    """

    def __init__(self, given: Mapping[str, object], bind: Callable[[Any, str], str]) -> None:
        super().__init__(())
        self._given = given
        self._bind = bind

    def __missing__(self, name: str) -> str:
        value = self._given.get(name)
        if value is True:
            self[name] = FLAG
        else:
            self[name] = ABSENT if value is None else self._bind(value, "text")
        return self[name]


class _Writer:
    def __init__(self, graph: Graph, plan: Plan) -> None:
        context = plan.context
        for value in demands(plan.root):
            if not any(name in context for name in value.needs):
                raise InvalidData(value.needed)
        self.graph, self.plan = graph, plan
        held = [name for name in context_names(plan.root) if context.get(name) is not None]
        self.names = tuple(name for name in held if context[name] is not True)
        self.flags = tuple(name for name in held if context[name] is True)
        self.values: list[Any] = [context[name] for name in self.names]
        self._where = Where(graph, plan.with_deleted, self.values)
        self.bind = self._where.bind
        self._where.context = _BoundContext(context, self.bind)
        self._bound = ""

    def columns(self) -> str:
        plan = self.plan
        return write_columns(self.graph, plan.root, _ROW, plan.with_deleted, self.names, self.flags)

    def where(self, entity: Entity, *, led: bool = False) -> str:
        parts = [self._where.alive(entity, _ROW)]
        condition = self.plan.condition
        if condition is not None and led:
            parts.append(self._where.led(entity, _ROW, condition))
        elif condition is not None:
            parts.append(self._where.write(entity, _ROW, _ROW, condition))
        if self.plan.within is not None and led:
            parts.append(self._few(entity, self.plan.within))
        return " AND ".join(parts)

    def _few(self, entity: Entity, within: Within) -> str:
        """Whether few enough rows are within the bound: if not, the planner asks no row at all."""
        where = f"{self._where.alive(entity, _ROW)} AND"
        where = f"{where} {self._where.led(entity, _ROW, within.condition)}"
        most = self.bind(within.most, "bigint")
        rows = f"SELECT FROM {entity.table} {_ROW} WHERE {where} LIMIT {most} + 1"
        self._bound = f"few_ AS MATERIALIZED (SELECT count(*) <= {most} AS is_few FROM ({rows}) r)"
        return "(SELECT is_few FROM few_)"

    def is_few(self) -> str:
        """A last column, if the plan has a bound."""
        return ", (SELECT is_few FROM few_)" if self._bound else ""

    def whole(self, where: str) -> str:
        """The condition as one that all rows of the table are asked. `IS TRUE` keeps the planner
        from asking relatives row by row: it may collect them once, where they fit into memory.
        Where another condition finds few rows, those are asked.
        """
        parts = conjuncts(self.plan.condition or Every(()))
        if self._where.keys or is_found(self.plan.root.entity, parts):
            return where
        for check in self._where.checked:
            where = where.replace(check, f"({check} IS TRUE)")
        return where

    def of_no_row(self, part: Condition) -> str:
        """A condition that does not depend on a row."""
        return self._where.write(self.plan.root.entity, _ROW, _ROW, part)

    def keys(self) -> str:
        """The keys that the condition finds first, shared by the page and its count; the bound."""
        found = self._where.keys
        led = f"led_ AS MATERIALIZED (SELECT {', '.join(found)})" if found else ""
        parts = ", ".join(filter(None, (led, self._bound)))
        return f"WITH {parts} " if parts else ""

    def head(self) -> str:
        """What `keys` writes, to be followed by more tables."""
        return self.keys().removesuffix(" ") + "," if self.keys() else "WITH"

    def order(self, entity: Entity) -> str:
        return ", ".join(self.term(entity, order) for order in self.plan.whole_order)

    def sample(self) -> str:
        """The rows that facets look into: all, or one in so many, the same ones each time."""
        if not self.plan.facets:
            return ""
        most = self.bind(self.plan.sample, "bigint")
        return (
            "nth_ AS MATERIALIZED"
            f" (SELECT greatest((count(*) + {most} - 1) / {most}, 1) AS nth FROM matched_),"
            " sample_ AS MATERIALIZED (SELECT id FROM matched_"
            " WHERE hashtextextended(id, 0) % (SELECT nth FROM nth_) = 0),"
            " scale_ AS MATERIALIZED (SELECT (SELECT count(*) FROM matched_)"
            " / greatest((SELECT count(*) FROM sample_), 1)::numeric AS factor,"
            " nth > 1 AS is_part FROM nth_), "
        )

    def facets(self) -> str:
        """An object with a list of counts per facet."""
        parts = list[str]()
        for facet in self.plan.facets:
            value = ""
            if facet.value:
                found = self.graph[facet.entity].fields[facet.value]
                value = shown_sql(found, "v", "v", self._where.context)
            counts = facet.sql.format(value=value)
            parts.append(f"'{facet.name}', coalesce((SELECT json_agg(f) FROM ({counts}) f), '[]')")
        return f"json_build_object({', '.join(parts)})"

    def place(self) -> str:
        """The order keys of a row as JSON texts and nulls."""
        entity = self.plan.root.entity
        keys = [
            self.order_key(entity, _ROW, _ROW, order.path, descending=order.descending)
            for order in self.plan.whole_order
        ]
        return f"json_build_array({', '.join(f'({key})::text' for key in keys)})::text"

    def behind(self) -> str:
        """The rows that follow the plan's cursor. Nulls sort last, first if descending."""
        entity, after = self.plan.root.entity, self.plan.after
        if not after:
            return "true"
        met, equal = list[str](), list[str]()
        for order, value in zip(self.plan.whole_order, after, strict=True):
            way = order.descending
            key = self.order_key(entity, _ROW, _ROW, order.path, descending=way)
            kind = self.end(entity, order.path).kind
            cast = CASTS[Kind.TEXT if kind is Kind.JSON else kind]
            if value is None:
                beyond, same = (f"{key} IS NOT NULL" if way else "false"), f"{key} IS NULL"
            else:
                bound = self.bind(value, cast)
                beyond = f"{key} < {bound}" if way else f"({key} > {bound} OR {key} IS NULL)"
                same = f"{key} = {bound}"
                if order.path == (entity.key,):
                    beyond = f"{key} {'<' if way else '>'} {bound}"
            met.append(" AND ".join([*equal, beyond]))
            equal.append(same)
        return f"({' OR '.join(met)})"

    def term(self, entity: Entity, order: Order) -> str:
        key = self.order_key(entity, _ROW, _ROW, order.path, descending=order.descending)
        return f"{key} DESC" if order.descending else key

    def order_key(
        self, entity: Entity, row: str, via: str, path: tuple[str, ...], *, descending: bool
    ) -> str:
        """A row sorts where the first of its related rows would."""
        if len(path) == 1:
            value = entity.fields[path[0]]
            sql = field_sql(value, row, via, self._where.context)
            return f"({sql})::text" if value.kind is Kind.JSON else sql
        relation = entity.relations[path[0]]
        child, child_via, tables, where = self._where.source(relation, row, via)
        target = self.graph[relation.target]
        key = self.order_key(target, child, child_via, path[1:], descending=descending)
        first = ("min", "max")[descending]
        if self.end(entity, path).kind is Kind.BOOLEAN:
            first = ("bool_and", "bool_or")[descending]
        return f"(SELECT {first}({key}) FROM {tables} WHERE {where})"

    def end(self, entity: Entity, path: tuple[str, ...]) -> Field:
        """The field at the end of a path."""
        for name in path[:-1]:
            entity = self.graph.target(entity, name)
        return entity.fields[path[-1]]
