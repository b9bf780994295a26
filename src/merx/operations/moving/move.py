"""The move: stage every table, write its rows, then compute what follows from them.

Each step is a transaction that records itself in `moving.done`, so an interrupted run continues
where it stopped. The schema `moving` is dropped at the end.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from merx.core.operator_errors import OperatorError
from merx.operations.moving.differences import DIFFERENCES, HELPERS, LEFT, WORKINGS
from merx.operations.moving.layout import Reference, Table, in_order, read_tables
from merx.operations.moving.source import Connection, count_rows, read_columns
from merx.operations.moving.staging import stage
from merx.operations.moving.totals import total_carts, total_orders
from merx.operations.moving.uses import note_uses
from merx.operations.moving.writing import link_later, write_rows

Advance = Callable[[str, int], None]
Work = Callable[[], Awaitable[int]]

_READ, _WRITE = "read ", "write "

_LOCK = 7_203_017
_SCHEMA = """CREATE SCHEMA moving;
CREATE TABLE moving.origin (name text NOT NULL);
CREATE TABLE moving.done (step text PRIMARY KEY, rows bigint NOT NULL);
CREATE TABLE moving.refused (table_name text NOT NULL, id text NOT NULL, reason text NOT NULL);"""
_FILLED = ("product", "customer", "order", "cart", "region", "stock_location")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows of a table that were not copied for one reason, and the first of them."""

    table: str
    reason: str
    count: int
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Report:
    """How many rows were copied, by table, and which were not."""

    taken: Mapping[str, int]
    refusals: list[Refusal]
    left: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: the tables here in order, and the tables there that they need."""

    tables: list[Table]
    later: Mapping[str, list[Reference]]
    staged: Mapping[str, Mapping[str, str]]
    rows: int


async def make_plan(source: Connection, target: Connection) -> Plan:
    """Inspect both databases."""
    there, here = await read_columns(source), await read_tables(target)
    taken = {
        name: table
        for name, table in here.items()
        if origin_of(name) in there and name not in LEFT and name not in WORKINGS
    }
    tables, later = in_order(taken)
    names = {*map(origin_of, taken), *HELPERS} & there.keys()
    rows = sum([await count_rows(source, name) for name in names])
    return Plan(tables, later, {name: there[name] for name in sorted(names)}, rows)


def origin_of(table: str) -> str:
    """The name there of a table here."""
    difference = DIFFERENCES.get(table)
    return (difference and difference.source) or table


async def move(
    source: Connection, target: Connection, plan: Plan, origin: str, advance: Advance
) -> Report:
    """Run the move or continue it; `advance` is called with the number of rows done."""
    if not await target.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        raise OperatorError("Another move into this database is running")
    await _begin(target, plan, origin)
    done = {row["step"]: row["rows"] for row in await target.fetch("SELECT * FROM moving.done")}
    for name, work in _steps(source, target, plan):
        if name not in done:
            async with target.transaction():
                done[name] = await work()
                await target.execute("INSERT INTO moving.done VALUES ($1, $2)", name, done[name])
        advance(name, done[name])
    report = await _report(source, target, done)
    await target.execute("DROP SCHEMA moving CASCADE")
    await target.execute("ANALYZE")
    return report


def _steps(source: Connection, target: Connection, plan: Plan) -> Iterator[tuple[str, Work]]:
    for name, columns in plan.staged.items():
        yield f"{_READ}{name}", partial(stage, source, target, name, columns)
    for table in plan.tables:
        late = plan.later.get(table.name, ())
        staged = plan.staged[origin_of(table.name)]
        yield f"{_WRITE}{table.name}", partial(write_rows, target, table, staged, late)
    yield "link rows", partial(link_later, target, plan.tables, plan.later)
    yield "total carts", partial(total_carts, target)
    yield "total orders", partial(total_orders, target)
    yield "note uses of promotions", partial(note_uses, target)


async def _begin(target: Connection, plan: Plan, origin: str) -> None:
    """Empty a new shop; or check that the same move is being continued."""
    if await target.fetchval("SELECT to_regnamespace('moving') IS NOT NULL"):
        before = await target.fetchval("SELECT name FROM moving.origin")
        if before != origin:
            raise OperatorError(f"A move from {before} was begun here: finish it first")
        return
    for table in _FILLED:
        if await target.fetchval(f'SELECT EXISTS (SELECT FROM "{table}")'):
            raise OperatorError(f"The shop is not empty, it has a {table}: move into a new one")
    async with target.transaction():
        await target.execute(_SCHEMA)
        await target.execute("INSERT INTO moving.origin VALUES ($1)", origin)
        for table in reversed(plan.tables):
            if table.name in DIFFERENCES and DIFFERENCES[table.name].replaces:
                await target.execute(f'DELETE FROM "{table.name}"')


async def _report(source: Connection, target: Connection, done: Mapping[str, int]) -> Report:
    taken = {
        name.removeprefix(_WRITE): rows for name, rows in done.items() if name.startswith(_WRITE)
    }
    refused = await target.fetch(
        "SELECT table_name, reason, count(*) AS count, (array_agg(id ORDER BY id))[:5] AS ids"
        " FROM moving.refused GROUP BY table_name, reason ORDER BY table_name, reason"
    )
    refusals = [Refusal(*row.values()) for row in refused]
    there = await read_columns(source)
    read = {name.removeprefix(_READ) for name in done if name.startswith(_READ)}
    left = {name: await count_rows(source, name) for name in sorted(there.keys() - read - WORKINGS)}
    return Report(taken, refusals, {name: count for name, count in left.items() if count})
