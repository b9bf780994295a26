"""Trigram indexes by pg_trgm, for long lists without Merx's own trigram index (`Entity.grams`).

They are optional, and no migration creates them, because the embedded PostgreSQL lacks pg_trgm.
Without them `q` finds the same rows, more slowly.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from merx.core.operator_errors import OperatorError
from merx.core.schema_state import connected
from merx.links import GRAPH
from merx.query.graph import Entity

LISTS = ("customer",)
# Shops may have created these before Merx had its own indexes for them.
_ONCE = ("product", "product_variant", "inventory_item")
_LOOK_SECONDS = 1.0

_PROGRESS = """
SELECT phase, 100.0 * greatest(blocks_done, tuples_done)
  / nullif(CASE WHEN blocks_done >= tuples_done THEN blocks_total ELSE tuples_total END, 0)
FROM pg_stat_progress_create_index WHERE pid = $1"""


@dataclass(frozen=True, slots=True)
class TrigramIndex:
    """An index of the texts in which `q` searches a table."""

    table: str
    columns: Sequence[str]

    @property
    def name(self) -> str:
        """What it is called in the database."""
        return f"ix_{self.table}_trigrams"

    @property
    def sql(self) -> str:
        """The statement that creates it without blocking reads or writes."""
        texts = ", ".join(f"{column} gin_trgm_ops" for column in self.columns)
        return f"CREATE INDEX CONCURRENTLY {self.name} ON {self.table} USING gin ({texts})"


# Given an index, what is being done for it, and how much of that is done in percent.
Tell = Callable[[TrigramIndex, str, float | None], None]


def trigram_indexes() -> list[TrigramIndex]:
    """One of each of the lists, with the columns that the graph says are searched."""
    return [_index_of(GRAPH[name]) for name in LISTS]


def _index_of(entity: Entity) -> TrigramIndex:
    return TrigramIndex(
        entity.table.strip('"'), [path for path in entity.search if "." not in path]
    )


async def create_trigram_indexes(url: str, tell: Tell) -> None:
    """Make those that are missing, one after the other; the shop is used meanwhile."""
    async with connected(url) as connection, connected(url) as watching:
        await _need_extension(connection)
        # These statements block no others, however long they take.
        await connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        for index in trigram_indexes():
            is_whole = await _is_whole(connection, index)
            if is_whole is False:
                await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}")
            if is_whole:
                tell(index, "is there", None)
            else:
                await _create(connection, watching, index, tell)
        await connection.execute(f"ANALYZE {', '.join(one.table for one in trigram_indexes())}")


async def drop_trigram_indexes(url: str, tell: Tell) -> None:
    """Drop them without blocking reads or writes."""
    async with connected(url) as connection:
        for index in (*trigram_indexes(), *(_index_of(GRAPH[name]) for name in _ONCE)):
            if await _is_whole(connection, index) is not None:
                await connection.execute(f"DROP INDEX CONCURRENTLY {index.name}")
                tell(index, "dropped", None)


async def _need_extension(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    known = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm')"
    if not await connection.fetchval(known):
        raise OperatorError(
            "This PostgreSQL has no pg_trgm (Debian has it in postgresql, others in"
            " postgresql-contrib; the embedded one has none). `q` works without, more slowly"
        )
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except asyncpg.InsufficientPrivilegeError as error:
        raise OperatorError(
            "The role may not CREATE EXTENSION pg_trgm: let the database's owner do so"
        ) from error


async def _is_whole(
    connection: "asyncpg.Connection[asyncpg.Record]", index: TrigramIndex
) -> bool | None:
    """Whether it can be used; None when there is none. One that broke off is there and cannot."""
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)"
    return await connection.fetchval(query, index.name)


async def _create(
    connection: "asyncpg.Connection[asyncpg.Record]",
    watching: "asyncpg.Connection[asyncpg.Record]",
    index: TrigramIndex,
    tell: Tell,
) -> None:
    pid = await connection.fetchval("SELECT pg_backend_pid()")
    making = asyncio.create_task(connection.execute(index.sql))
    while not (await asyncio.wait([making], timeout=_LOOK_SECONDS))[0]:
        row = await watching.fetchrow(_PROGRESS, pid)
        if row is not None:
            percent = None if row[1] is None else float(row[1])
            tell(index, row[0], percent)
    await making
    tell(index, "made", None)
