"""Runs a plan on a connection: one statement, finished bytes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from merx.core.database import Transaction
from merx.query.columns import sparse_names
from merx.query.graph import Graph
from merx.query.lookups import Lookup, with_lookup
from merx.query.plan import Plan
from merx.query.prepared import PREPARED
from merx.query.sql import (
    Statement,
    select_all,
    select_given,
    select_one,
    select_page,
    together,
)


async def read_one(
    tx: Transaction, graph: Graph, plan: Plan, row_id: str, lookup: Lookup | None = None
) -> bytes | None:
    """The row as JSON bytes, or None."""
    statement = select_one(graph, plan, row_id)
    if lookup is None:
        row = await _value(tx, statement)
    else:
        [row] = await _with(tx, lookup, with_lookup(statement, lookup.sql))
    return None if row is None else _without_nulls(plan, row)


async def read_given(tx: Transaction, graph: Graph, plan: Plan, row_ids: list[str]) -> bytes:
    """The rows as a JSON list in the order of the ids; missing ids are left out."""
    if not row_ids:
        return b"[]"
    return _without_nulls(plan, await _value(tx, select_given(graph, plan, row_ids)))


async def read_page(
    tx: Transaction, graph: Graph, plan: Plan, *, limit: int, offset: int
) -> tuple[bytes, int]:
    """A page of rows as a JSON list, and the count of all rows that meet the plan's condition."""
    statement = select_page(graph, plan, limit, offset)
    [record] = await _rows(tx, statement)
    return _without_nulls(plan, record[0]), record[1]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: rows as a JSON list, the total count, facets as JSON, and the last row's keys as
    JSON; None for whatever the plan did not ask for, or when no rows follow. `is_few` is false if
    more rows than the plan's bound are within it: then there is nothing else.
    """

    rows: bytes
    count: int
    facets: bytes | None = None
    last: str | None = None
    is_few: bool = True


async def read_extended_page(
    tx: Transaction,
    graph: Graph,
    plan: Plan,
    *,
    limit: int,
    offset: int,
    lookup: Lookup | None = None,
) -> Page:
    """A page with facets and the cursor of the next page, if the plan asks for them."""
    statement = select_page(graph, plan, limit, offset)
    if lookup is not None:
        statement = with_lookup(statement, lookup.sql)
    return await run_page(tx, plan, statement, lookup)


async def run_page(
    tx: Transaction, plan: Plan, statement: Statement, lookup: Lookup | None = None
) -> Page:
    """The page of a plan, by its statement, which includes the look-up if there is one."""
    if lookup is None:
        [record] = await _rows(tx, statement)
        columns = list(record.values())
    else:
        columns = await _with(tx, lookup, statement)
    rows, count, *more = columns
    is_few = more.pop() if plan.within else True
    return Page(_without_nulls(plan, rows), count, *more, is_few=is_few)


async def read_every(tx: Transaction, graph: Graph, plan: Plan) -> list[bytes]:
    """Every row that meets the plan's condition, each as JSON; only for small results."""
    statement = select_all(graph, plan)
    return [_without_nulls(plan, row[0]) for row in await _rows(tx, statement)]


async def read_pages(
    tx: Transaction, graph: Graph, plans: Sequence[Plan], *, limit: int, offset: int
) -> bytes:
    """The same page of several plans, as a JSON list of `{"rows": …, "count": …}`."""
    return await _value(tx, together([select_page(graph, plan, limit, offset) for plan in plans]))


async def read_all(
    tx: Transaction, graph: Graph, plan: Plan, *, at_once: int
) -> AsyncIterator[list[bytes]]:
    """Every row that meets the plan's condition, in chunks, through a cursor in `tx`."""
    statement = select_all(graph, plan)
    cursor = await tx.cursor(statement.text, *statement.values)
    while rows := await cursor.fetch(at_once):
        yield [_without_nulls(plan, row[0]) for row in rows]


def _without_nulls(plan: Plan, rows: bytes) -> bytes:
    """Remove sparse fields that are null.

    Quotes inside JSON strings are escaped, so only a key can match the pattern.
    """
    for name in sparse_names(plan.root):
        rows = rows.replace(b',"%s":null' % name.encode(), b"")
    return rows


async def _value(tx: Transaction, statement: Statement) -> Any:
    rows = await _rows(tx, statement)
    return rows[0][0] if rows else None


async def _with(tx: Transaction, lookup: Lookup, statement: Statement) -> list[Any]:
    values = [*statement.values, lookup.value]
    [record] = await _rows(tx, Statement(statement.text, values))
    return lookup.take(record)


async def _rows(tx: Transaction, statement: Statement) -> list[asyncpg.Record]:
    if PREPARED.keeps(statement.text):
        return await tx.fetch(statement.text, *statement.values)
    # An unnamed statement is kept only until the next one.
    once = await tx.prepare(statement.text, name="")
    return await once.fetch(*statement.values)
