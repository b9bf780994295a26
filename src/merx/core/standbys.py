"""Standbys: replicas of the database that answer reads.

A standby lags behind the primary, usually by a moment. A read therefore names the position in the
primary's log that its answer must include, and this is checked on the very connection that reads,
so a load balancer or pooler in between cannot mislead. A standby that has not replayed that
position, or that is on another timeline than the primary (after a failover that lost data), is
skipped.

In addition, every standby is checked once a second, so that no request waits for one that is dead,
unresponsive, or too far behind.
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

# Beyond any position: no standby has replayed it.
NOWHERE = 2**63 - 1

_ASK_SECONDS = 1.0
_SILENT_SECONDS = 2.0
# Waiting for a standby's connection; after this the primary is used.
CONNECTION_SECONDS = 2.0
_log = structlog.get_logger()

# At the end of a log page, the next record's position is after that page's header, which no standby
# reaches before something is written: fine after a change, too far for an idle shop.
_WRITTEN = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
_FLUSHED = """SELECT (flushed - '0/0')::bigint,
('x' || left(pg_walfile_name(flushed), 8))::bit(32)::int
FROM pg_current_wal_flush_lsn() flushed"""
_HAS_SEEN = """SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() - '0/0' >= $1::bigint
AND (SELECT min_recovery_end_timeline FROM pg_control_recovery()) = $2"""


class Standby:
    """One standby; skipped until it is known to be close to the primary."""

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.name = name
        self.is_left_out = True

    def leave_out(self, reason: str) -> None:
        """Do not use it until it is close to the primary again."""
        if not self.is_left_out:
            _log.warning("standby_left_out", standby=self.name, reason=reason)
        self.is_left_out = True

    def take_in(self) -> None:
        """Use it for reads."""
        if self.is_left_out:
            _log.info("standby_reads", standby=self.name)
        self.is_left_out = False

    async def enter(self, held: AsyncExitStack, least: int, timeline: int) -> Transaction | None:
        """A connection that has replayed the position, until `held` ends; None if it has not."""
        try:
            async with AsyncExitStack() as trying:
                connection = await trying.enter_async_context(self.database.read())
                if self.database.is_pooled:
                    # The check and the read must use the same server.
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
    """The standbys of a primary; those close enough are used in turn."""

    def __init__(self, primary: Database, standbys: Sequence[Standby], lag_seconds: float) -> None:
        self._primary = primary
        self._standbys = standbys
        self._lag_seconds = lag_seconds
        # The primary's log position at past times; of those older than the allowed lag, only the
        # last.
        self._positions = deque[tuple[float, int]]()
        self._timeline: int | None = None
        self._turn = 0

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """While the block runs, check the standbys."""
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
        """A connection for reads that has replayed the position `least`: of a standby if possible,
        else of the primary.
        """
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
            # It had to apply a change to rows that were being read: use the primary.
            raise DatabaseAway from error

    async def written(self) -> int:
        """A position after everything committed so far; NOWHERE if it is unknown."""
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
        """The primary's position as of the allowed lag."""
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
    """Check over a separate connection until that fails."""
    async with database.apart(_SILENT_SECONDS) as connection:
        while True:
            async with connection.transaction():
                await ask(connection)
            await asyncio.sleep(_ASK_SECONDS)


async def _has_seen(connection: Transaction, least: int, timeline: int) -> bool:
    try:
        return await connection.fetchval(_HAS_SEEN, least, timeline, timeout=_SILENT_SECONDS)
    except TimeoutError:
        # Otherwise the driver waits for the server to confirm the cancellation.
        if isinstance(connection, PoolConnectionProxy):
            connection.terminate()
        raise
