"""Runs a plan on a connection: one statement, finished bytes."""

from collections.abc import AsyncIterator
from typing import Any

from merx.core.database import Transaction
from merx.query.graph import Graph
from merx.query.plan import Plan
from merx.query.sql import Statement, select_all, select_given, select_one, select_page


async def read_one(tx: Transaction, graph: Graph, plan: Plan, row_id: str) -> bytes | None:
    """The row as JSON bytes, or None."""
    return await _value(tx, select_one(graph, plan, row_id))


async def read_given(tx: Transaction, graph: Graph, plan: Plan, row_ids: list[str]) -> bytes:
    """The rows as a JSON list in the order of the ids; ids without a row are left out."""
    return await _value(tx, select_given(graph, plan, row_ids)) if row_ids else b"[]"


async def read_page(
    tx: Transaction, graph: Graph, plan: Plan, *, limit: int, offset: int
) -> tuple[bytes, int]:
    """A page of rows as a JSON list, and the count of all that meet the plan's condition."""
    statement = select_page(graph, plan, limit, offset)
    record = await tx.fetchrow(statement.text, *statement.values)
    assert record is not None
    return record[0], record[1]


async def read_every(tx: Transaction, graph: Graph, plan: Plan) -> list[bytes]:
    """Every row that meets the plan's condition, each as JSON; for where there are few."""
    statement = select_all(graph, plan)
    return [row[0] for row in await tx.fetch(statement.text, *statement.values)]


async def read_all(
    tx: Transaction, graph: Graph, plan: Plan, *, at_once: int
) -> AsyncIterator[list[bytes]]:
    """Every row that meets the plan's condition, so many at a time, by a cursor in `tx`."""
    statement = select_all(graph, plan)
    cursor = await tx.cursor(statement.text, *statement.values)
    while rows := await cursor.fetch(at_once):
        yield [row[0] for row in rows]


async def _value(tx: Transaction, statement: Statement) -> Any:
    return await tx.fetchval(statement.text, *statement.values)
