"""Notices a database that says nothing.

A server that stops closes the connections of those who ask. One that is frozen, or behind a network
that swallows packets, leaves them waiting: each statement as long as the longest one may take. So
one connection asks now and then, and when it hears nothing all are dropped: requests are told that
the database is away, and the next ones find the server that took over, where there is one.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import structlog

from merx.core.database import Database

SILENT_SECONDS = 10.0
_AGAIN_SECONDS = 5.0
_log = structlog.get_logger()


@asynccontextmanager
async def watched(database: Database, seconds: float = SILENT_SECONDS) -> AsyncGenerator[None]:
    """While the block runs, connections are dropped when the server was silent for so long."""
    watching = asyncio.create_task(_watch(database, seconds))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(database: Database, seconds: float) -> None:
    while True:
        try:
            await database.ask(seconds)
        except TimeoutError:
            _log.warning("database_silent", seconds=seconds)
            await database.renew()
        except Exception as error:
            _log.warning("database_away", error=repr(error))
        await asyncio.sleep(min(seconds, _AGAIN_SECONDS))
