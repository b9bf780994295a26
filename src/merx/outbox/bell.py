"""Wakes relays after events were committed, so that they can poll rarely.

NOTIFY is sent after the commit on another connection, once for a burst of commits. If it is lost (a
crash, a pooler without LISTEN), relays find the events by polling.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg
import structlog

from merx.core.database import Database, Transaction

CHANNEL = "merx_event"
COALESCE_SECONDS = 0.02
AGAIN_SECONDS = 5.0

log = structlog.get_logger()


async def notify(connection: Transaction) -> None:
    """Wake the relays of all processes."""
    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)


class Bell:
    """Wakes the relays of other processes on behalf of a process without one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = False
        self._ringing: set[asyncio.Task[None]] = set()

    def ring(self) -> None:
        """Wake relays soon; called after each commit, and does no I/O."""
        if not self._due:
            self._due = True
            task = asyncio.get_running_loop().create_task(self._ring())
            self._ringing.add(task)
            task.add_done_callback(self._ringing.discard)

    async def rest(self) -> None:
        """Wait until the last commit has been announced."""
        await asyncio.gather(*self._ringing)

    async def _ring(self) -> None:
        await asyncio.sleep(COALESCE_SECONDS)
        # A commit from here on may be too late for this NOTIFY and needs another.
        self._due = False
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            async with self._database.read() as connection:
                await notify(connection)


async def keep_listening(database: Database, wake: Callable[[], None]) -> None:
    """Call `wake` at each NOTIFY on a dedicated session; reconnect if it breaks."""
    if database.connections.most < 2:
        # A pool of one connection has none to spare for listening.
        return
    while True:
        try:
            async with database.session() as connection:
                await _listen(connection, wake)
        except Exception as error:
            log.warning("relay_cannot_listen", error=repr(error))
        await asyncio.sleep(AGAIN_SECONDS)


async def _listen(connection: Transaction, wake: Callable[[], None]) -> None:
    lost = asyncio.Event()

    def hear(*_: object) -> None:
        wake()

    def end(*_: object) -> None:
        lost.set()

    connection.add_termination_listener(end)
    await connection.add_listener(CHANNEL, hear)
    try:
        # For commits made while nothing was listening.
        wake()
        await lost.wait()
    finally:
        if not connection.is_closed():
            connection.remove_termination_listener(end)
            # On a frozen server this raises when the connection is dropped. The error must not
            # replace a cancellation, or the shop would go on listening instead of stopping.
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await connection.remove_listener(CHANNEL, hear)
