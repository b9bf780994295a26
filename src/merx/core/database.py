"""The pool of connections, and the one place where a transaction is opened and committed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson

if TYPE_CHECKING:
    # A transaction is a connection inside BEGIN: functions that write take it first.
    from asyncpg.pool import PoolConnectionProxy

    Transaction = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Transaction = asyncpg.Connection
    Pool = asyncpg.Pool

# Every statement goes from few rows to their relatives by index. Plans made while tables are empty
# or without statistics would read whole tables instead, and are kept; so the ways that pay only
# for whole tables are closed, and plans do not depend on values.
_SESSION = {
    "timezone": "UTC",
    "application_name": "merx",
    "jit": "off",
    # Longer than any batch within the limits takes; a runaway statement must not hold a worker.
    "statement_timeout": "120s",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str)


async def _prepare_connection(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    # json comes back as the bytes that go to the socket: finished answers are never decoded.
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_dump, decoder=bytes, format="binary"
    )
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + _dump(value),
        decoder=lambda raw: orjson.loads(raw[1:]),
        format="binary",
    )


async def _keep_session(_: Any) -> None:
    """Sessions carry no state between requests, so returning a connection costs no round trip."""


class Database:
    """One process's pool. `read` hands out a connection, `write` one inside a transaction."""

    def __init__(self, url: str, *, pool_size: int = 10, statement_cache_size: int = 200) -> None:
        self._url = url
        self._pool_size = pool_size
        self._statement_cache_size = statement_cache_size
        self._pool: Pool | None = None

    @property
    def pool(self) -> Pool:
        """The open pool; asking before `open` is a fault of the program."""
        if self._pool is None:
            raise RuntimeError("The database is not open")
        return self._pool

    async def open(self) -> None:
        """Connect; raises what asyncpg raises when the server cannot be reached."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._pool_size,
            statement_cache_size=self._statement_cache_size,
            # Selects of whole products are longer than the driver would keep: planning one anew
            # takes longer than running it.
            max_cacheable_statement_size=0,
            max_inactive_connection_lifetime=0,
            server_settings=_SESSION,
            init=_prepare_connection,
            reset=_keep_session,
        )

    async def close(self) -> None:
        """Wait for running requests and close all connections."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction]:
        """A connection for reads of one statement each, without a transaction."""
        async with self.pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[Transaction]:
        """A transaction that only reads, and sees the shop as it is now however long it takes."""
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Transaction]:
        """A transaction: committed when the block ends, undone when it raises."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection
