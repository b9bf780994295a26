"""Standbys: copies of the database that answer reads.

A standby is behind the primary, mostly by a moment. So a read names the position in the primary's
log that its answer must have seen, and the standby is asked on the very connection that reads:
a load balancer or a pooler in between cannot mislead. A standby that is not that far, or that
follows another history than the primary (after a failover that lost something), is passed over.

Beside that every standby is asked once a second, so that no request waits for one that is dead,
silent, or further behind than it may be.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import NoReturn

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from merx.core.database import UNDONE, Database, DatabaseAway, DatabaseBusy, Transaction

# Further than any log is: what no standby has seen.
NOWHERE = 2**63 - 1

_ASK_SECONDS = 1.0
_SILENT_SECONDS = 2.0
# For a connection of a standby; the primary is asked after it.
CONNECTION_SECONDS = 2.0
_log = structlog.get_logger()

# At the end of a page of the log the position that is written next lies behind that page's header,
# which no standby reaches before something is written: fine for a change, too far for an idle shop.
_WRITTEN = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
_FLUSHED = """SELECT (flushed - '0/0')::bigint,
('x' || left(pg_walfile_name(flushed), 8))::bit(32)::int
FROM pg_current_wal_flush_lsn() flushed"""
_HAS_SEEN = """SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() - '0/0' >= $1::bigint
AND (SELECT min_recovery_end_timeline FROM pg_control_recovery()) = $2"""


class Standby:
    """One standby; left out until it is known to be near the primary."""

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.name = name
        self.is_left_out = True

    def leave_out(self, reason: str) -> None:
        """Ask it nothing until it is near the primary again."""
        if not self.is_left_out:
            _log.warning("standby_left_out", standby=self.name, reason=reason)
        self.is_left_out = True

    def take_in(self) -> None:
        """Let it answer reads."""
        if self.is_left_out:
            _log.info("standby_reads", standby=self.name)
        self.is_left_out = False

    async def enter(self, held: AsyncExitStack, least: int, timeline: int) -> Transaction | None:
        """A connection that has seen the position, until `held` ends; None where there is none."""
        try:
            async with AsyncExitStack() as trying:
                connection = await trying.enter_async_context(self.database.read())
                if self.database.is_pooled:
                    # One server for the question and for the read.
                    await trying.enter_async_context(connection.transaction())
                if not await _has_seen(connection, least, timeline):
                    return None
                held.push_async_exit(trying.pop_all())
                return connection
        except DatabaseBusy:
            return None
        except (DatabaseAway, asyncpg.PostgresError) as error:
            self.leave_out(repr(error.__cause__ or error))
            return None


class Standbys:
    """The standbys of a primary, those that are near it in turn."""

    def __init__(self, primary: Database, standbys: Sequence[Standby], lag_seconds: float) -> None:
        self._primary = primary
        self._standbys = standbys
        self._lag_seconds = lag_seconds
        # When the primary's log was how far: of those longer ago than a standby may be behind,
        # the last one.
        self._positions = deque[tuple[float, int]]()
        self._timeline: int | None = None
        self._turn = 0

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """While the block runs, the standbys are asked how they are."""
        for standby in self._standbys:
            await standby.database.open(connections=0)
        with suppress(Exception):
            async with self._primary.apart(_SILENT_SECONDS) as connection:
                await self._note_position(connection)
        looking = [
            asyncio.create_task(watch)
            for watch in (self._follow_primary(), *map(self._look_after, self._standbys))
        ]
        try:
            yield
        finally:
            for task in looking:
                task.cancel()
            await asyncio.gather(*looking, return_exceptions=True)
            for standby in self._standbys:
                await standby.database.close()

    @asynccontextmanager
    async def read(self, least: int) -> AsyncGenerator[Transaction]:
        """A connection for reads that has seen the position `least`: of a standby if one has,
        else of the primary."""
        standby: Standby | None = None
        try:
            async with AsyncExitStack() as held:
                standby, connection = await self._find(held, least)
                yield connection
        except DatabaseAway as error:
            if standby is not None:
                standby.leave_out(repr(error.__cause__ or error))
            raise
        except UNDONE as error:
            if standby is None:
                raise
            # It had to apply a change to what was read just then: ask the primary.
            raise DatabaseAway from error

    async def written(self) -> int:
        """A position behind all that was committed until now; where nobody can tell, NOWHERE."""
        try:
            async with self._primary.read() as connection:
                return await connection.fetchval(_WRITTEN, timeout=_SILENT_SECONDS)
        except (DatabaseAway, DatabaseBusy, asyncpg.PostgresError):
            return NOWHERE

    async def _find(self, held: AsyncExitStack, least: int) -> tuple[Standby | None, Transaction]:
        if self._timeline is not None:
            needed = max(least, self._least())
            for standby in self._in_turn():
                connection = await standby.enter(held, needed, self._timeline)
                if connection is not None:
                    return standby, connection
        return None, await held.enter_async_context(self._primary.read())

    def _in_turn(self) -> list[Standby]:
        near = [standby for standby in self._standbys if not standby.is_left_out]
        self._turn += 1
        first = self._turn % len(near) if near else 0
        return near[first:] + near[:first]

    def _least(self) -> int:
        """Where the primary was as long ago as a standby may be behind."""
        since = time.monotonic() - self._lag_seconds
        while len(self._positions) > 1 and self._positions[1][0] <= since:
            self._positions.popleft()
        return self._positions[0][1]

    async def _follow_primary(self) -> None:
        while True:
            with suppress(Exception):
                await _keep_asking(self._primary, self._note_position)
            await asyncio.sleep(_ASK_SECONDS)

    async def _note_position(self, primary: Transaction) -> None:
        row = await primary.fetchrow(_FLUSHED, timeout=_SILENT_SECONDS)
        assert row is not None
        self._positions.append((time.monotonic(), row[0]))
        self._timeline = row[1]

    async def _look_after(self, standby: Standby) -> None:
        async def look(connection: Transaction) -> None:
            if self._timeline is None:
                return
            if await _has_seen(connection, self._least(), self._timeline):
                standby.take_in()
            else:
                standby.leave_out("behind")

        while True:
            try:
                await _keep_asking(standby.database, look)
            except TimeoutError:
                standby.leave_out("silent")
                await standby.database.renew()
            except Exception as error:
                standby.leave_out(repr(error))
            await asyncio.sleep(_ASK_SECONDS)


async def _keep_asking(
    database: Database, ask: Callable[[Transaction], Awaitable[None]]
) -> NoReturn:
    """Ask over a connection of its own until that fails."""
    async with database.apart(_SILENT_SECONDS) as connection:
        while True:
            async with connection.transaction():
                await ask(connection)
            await asyncio.sleep(_ASK_SECONDS)


async def _has_seen(connection: Transaction, least: int, timeline: int) -> bool:
    try:
        return await connection.fetchval(_HAS_SEEN, least, timeline, timeout=_SILENT_SECONDS)
    except TimeoutError:
        # Else the driver waits for the server to admit that it gave up.
        if isinstance(connection, PoolConnectionProxy):
            connection.terminate()
        raise
