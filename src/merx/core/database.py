"""The pool of connections, and the one place where a transaction is opened and committed.

Every wait is bounded: for a row locked by another transaction, for a free connection, for a server
that does not answer. Writers may wait for rows, so they cannot take all connections: some are
reserved for reads, and some for the short writes of log-ins.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
import orjson

from merx.core.beside import transaction_on
from merx.core.connections import Connections
from merx.core.hosts import Hosts
from merx.core.sessions import Session

if TYPE_CHECKING:
    from asyncpg.connection import LoggedQuery

    # A transaction is a connection inside BEGIN; functions that write take it as first argument.
    from asyncpg.pool import PoolConnectionProxy

    Transaction = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Transaction = asyncpg.Connection
    Pool = asyncpg.Pool

T = TypeVar("T")

STATEMENT_SECONDS = 120
# For a server that does not respond at all, not even with a statement timeout.
_SILENT_SECONDS = STATEMENT_SECONDS + 10
# For each host of the URL.
_CONNECT_SECONDS = 3
_CLOSE_SECONDS = 10

# Every statement goes from few rows to related ones by index. Plans made while tables are empty or
# without statistics would scan whole tables instead, and are kept. So the plan types that only pay
# off for whole tables are disabled, and plans do not depend on values.
_PLANNING = {
    "jit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_LIMITS = {
    # Longer than any batch within the limits takes; a runaway statement must not block a worker.
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    # A worker that hangs in the middle of a change must not keep its rows locked.
    "idle_in_transaction_session_timeout": f"{STATEMENT_SECONDS}s",
}
# What poolers keep for each client; they refuse all other settings.
_CLIENT = {"timezone": "UTC", "application_name": "merx"}


def session_settings(
    lock_seconds: float, *, generic_plans: bool = True, is_audited: bool = True
) -> dict[str, str]:
    """What every session is to have, beside what a pooler keeps for its clients."""
    plans = {"plan_cache_mode": "force_generic_plan" if generic_plans else "auto"}
    audit = {} if is_audited else {"merx.audit": "off"}
    limits = {**_LIMITS, "lock_timeout": f"{int(lock_seconds * 1000)}ms"}
    return {**_PLANNING, **plans, **limits, **audit}


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str)


async def store_session_settings(
    tx: Transaction, lock_seconds: float, *, generic_plans: bool = True, is_audited: bool = True
) -> None:
    """Store the session settings for this user in the server: a pooler passes none on."""
    role = await tx.fetchval("SELECT format('%I IN DATABASE %I', current_user, current_database())")
    await tx.execute(f"ALTER ROLE {role} RESET merx.audit")
    settings = session_settings(lock_seconds, generic_plans=generic_plans, is_audited=is_audited)
    for key, value in settings.items():
        await tx.execute(f"ALTER ROLE {role} SET {key} = '{value}'")


async def _set_codecs(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    # json is returned as bytes that go to the socket: finished answers are never decoded.
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


# A transaction that PostgreSQL rolled back in favour of others: it may succeed if run again.
UNDONE = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
MOST_TRIES = 4


async def before_next_try(number: int) -> None:
    """Wait a little, longer each time, so that those that collided do not collide again."""
    await asyncio.sleep(0.02 * 2**number * (0.5 + random.random()))


async def done_again(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`, one transaction; up to four times, where PostgreSQL undid it for others' sake."""
    for number in range(1, MOST_TRIES):
        with suppress(*UNDONE):
            return await work()
        await before_next_try(number)
    return await work()


class DatabaseAway(Exception):
    """The database cannot be reached, or the connection was lost."""


class DatabaseBusy(Exception):
    """No connection became free in time."""


class Database:
    """The connection pool of a process. `read` hands out a connection, `write` one inside a
    transaction.

    `pooled_past`: the URL without the pooler, if there is one that gives a connection for a
    transaction only; otherwise None.
    """

    def __init__(
        self,
        url: str,
        *,
        pooled_past: str | None = None,
        pool_size: int = 10,
        statement_cache_size: int = 200,
        lock_seconds: float = 5,
        connection_seconds: float = 10,
        is_audited: bool = True,
        generic_plans: bool = True,
        after_statement: "Callable[[LoggedQuery], None] | None" = None,
    ) -> None:
        self._url = url
        self._hosts = Hosts(url)
        self._pooled_past = pooled_past
        self._pool_size = pool_size
        self._statement_cache_size = statement_cache_size
        self._is_audited = is_audited
        self._connection_seconds = connection_seconds
        self._session_settings = session_settings(
            lock_seconds, generic_plans=generic_plans, is_audited=is_audited
        )
        self._after_statement = after_statement
        self._connections: Connections | None = None
        # Of ten connections writers may use six and log-ins two, so reads always find one next to
        # the listener's.
        kept = max(1, pool_size * 2 // 5)
        self._writers = asyncio.Semaphore(max(1, pool_size - kept))
        self._brief_writers = asyncio.Semaphore(max(1, kept // 2))

    @property
    def connections(self) -> Connections:
        """The open connections; using them before `open` is a bug."""
        if self._connections is None:
            raise RuntimeError("The database is not open")
        return self._connections

    @property
    def is_pooled(self) -> bool:
        """Whether a connection belongs to one server session only for a transaction."""
        return self._pooled_past is not None

    async def open(self, *, connections: int = 1) -> None:
        """Connect; raises what asyncpg raises when the server cannot be reached."""
        self._connections = Connections(await self._new_pool(connections=connections))

    async def renew(self) -> None:
        """Drop all connections, including those in use.

        Whoever waits on one gets `DatabaseAway`.
        """
        silent = self.connections
        self._connections = Connections(await self._new_pool(connections=0))
        silent.terminate()

    async def _new_pool(self, *, connections: int) -> Pool:
        return await asyncpg.create_pool(
            self._url,
            min_size=connections,
            max_size=self._pool_size,
            statement_cache_size=self._statement_cache_size,
            # SELECTs of whole products exceed the driver's default size for caching, and take
            # longer to plan than to run.
            max_cacheable_statement_size=0,
            max_inactive_connection_lifetime=0,
            connect=self._hosts.connect,
            connection_class=Session,
            timeout=_CONNECT_SECONDS,
            command_timeout=_SILENT_SECONDS,
            server_settings=self._server_settings(),
            init=self._prepare,
            reset=_keep_session,
        )

    async def close(self) -> None:
        """Wait for running requests and close all connections; drop those of an unresponsive
        server.
        """
        if self._connections is not None:
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._connections.close()
            except TimeoutError:
                self._connections.terminate()
            self._connections = None

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction]:
        """A connection for reads of one statement each, without a transaction."""
        async with self._connection() as connection:
            # A statement's text and its values are sent separately: a pooler may send them to two
            # servers, unless they are kept together by a transaction or a prepared statement.
            is_split = self._pooled_past is not None and not self._statement_cache_size
            async with connection.transaction() if is_split else nullcontext():
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[Transaction]:
        """A read-only transaction that sees one snapshot of the shop, however long it takes."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Transaction]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        await self._wait(self._writers)
        try:
            async with (
                self._connection() as connection,
                transaction_on(connection, is_audited=self._is_audited),
            ):
                yield connection
        finally:
            self._writers.release()

    @asynccontextmanager
    async def brief_write(self) -> AsyncGenerator[Transaction]:
        """A transaction that touches no rows of the shop, such as a log-in's: it does not wait
        while changes wait for each other.
        """
        await self._wait(self._brief_writers)
        try:
            async with self._connection() as connection, connection.transaction():
                yield connection
        finally:
            self._brief_writers.release()

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Transaction]:
        """A connection that stays one session while it is held, as LISTEN needs."""
        if self._pooled_past is None:
            async with self.read() as connection:
                yield connection
            return
        connection = await Hosts(self._pooled_past).connect(
            timeout=_CONNECT_SECONDS, server_settings=_CLIENT
        )
        try:
            yield connection
        finally:
            with suppress(TimeoutError, OSError, asyncpg.InterfaceError):
                await connection.close(timeout=_CONNECT_SECONDS)

    @asynccontextmanager
    async def apart(self, seconds: float) -> AsyncGenerator[Transaction]:
        """A connection outside the pool, for health checks; TimeoutError if it takes longer than
        `seconds`. It is dropped, not closed, because the server may be gone."""
        connection = await self._hosts.connect(
            timeout=seconds,
            command_timeout=seconds,
            statement_cache_size=0,
            server_settings=_CLIENT,
        )
        try:
            yield connection
        finally:
            connection.terminate()

    async def ask(self, seconds: float) -> None:
        """Query the server repeatedly; TimeoutError if it does not answer in time."""
        async with self.apart(seconds) as connection:
            while True:
                await connection.execute("SELECT")
                await asyncio.sleep(seconds / 2)

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Transaction]:
        connections = self.connections
        connection = connections.take_spare() or await self._take(connections)
        is_whole = False
        try:
            yield connection
            is_whole = True
        except Exception as error:
            if is_loss(error):
                raise DatabaseAway from error
            raise
        finally:
            if not is_whole or not connections.keep(connection):
                with suppress(TimeoutError, OSError, asyncpg.InterfaceError):
                    await connections.give_back(connection)

    def _server_settings(self) -> dict[str, str]:
        if self._pooled_past is not None:
            return _CLIENT
        return {**_CLIENT, **self._session_settings}

    async def _prepare(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        async with connection.transaction() if self._pooled_past else nullcontext():
            await _set_codecs(connection)
        if self._after_statement is not None:
            connection.add_query_logger(self._after_statement)

    async def _take(self, connections: Connections) -> "PoolConnectionProxy[asyncpg.Record]":
        try:
            async with asyncio.timeout(self._connection_seconds):
                return await connections.take()
        except TimeoutError as error:
            raise DatabaseBusy from error
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
            raise DatabaseAway from error

    async def _wait(self, turn: asyncio.Semaphore) -> None:
        if not turn.locked():
            await turn.acquire()
            return
        try:
            async with asyncio.timeout(self._connection_seconds):
                await turn.acquire()
        except TimeoutError as error:
            raise DatabaseBusy from error


# What PostgreSQL reports when it stops, starts, is full, or is a standby; and the driver when the
# connection is lost.
_LOSSES = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)


def is_loss(error: BaseException) -> bool:
    """Whether an error means that the database is gone; TimeoutError is the driver's."""
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    if isinstance(error, asyncpg.InternalClientError):
        # The server ended the session between two statements, and the driver has not noticed.
        return "cannot switch to state" in str(error)
    return isinstance(error, (*_LOSSES, TimeoutError))
