"""Detects a database that does not respond.

A server that stops closes its connections. One that is frozen, or behind a network that drops
packets, leaves clients waiting as long as the longest statement may take. So one connection sends a
query now and then; without an answer, all connections are dropped: requests fail at once, and the
next ones find the server that took over, if there is one.
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
    """While the block runs, drop all connections when the server was silent for this long."""
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
