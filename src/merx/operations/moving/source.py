"""The Medusa shop's database: read only, in one snapshot."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from merx.core.operator_errors import OperatorError
from merx.core.schema_state import connected

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Tables that every shop of that version has.
_KNOWN = {"product", "product_variant_price_set", "order", "order_item", "cart", "region_country"}

_COLUMNS = """SELECT c.relname, a.attname,
  CASE WHEN t.typtype = 'e' THEN 'text' ELSE format_type(a.atttypid, a.atttypmod) END AS type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname, a.attnum"""


@asynccontextmanager
async def reading(url: str) -> AsyncGenerator[Connection]:
    """A connection with a snapshot of the shop, however long the reading takes."""
    async with (
        connected(url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield connection


async def read_columns(source: Connection) -> dict[str, Mapping[str, str]]:
    """The tables there, with the types of their columns; fails if it is not a Medusa 2 shop."""
    found: dict[str, dict[str, str]] = {}
    for row in await source.fetch(_COLUMNS):
        found.setdefault(row["relname"], {})[row["attname"]] = row["type"]
    missing = sorted(_KNOWN - found.keys())
    if missing:
        raise OperatorError(f"That is no database of Medusa 2: it has no table {missing[0]}")
    return dict(found)


async def count_rows(source: Connection, table: str) -> int:
    """The number of rows."""
    return await source.fetchval(f'SELECT count(*) FROM "{table}"') or 0
