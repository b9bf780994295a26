"""`/health`: the process is alive. `/ready`: it can serve, so the database is writable and it is
not about to stop.

A load balancer sends no traffic while `/ready` answers 503. Whatever restarts dead processes uses
`/health`, since a restart does not repair a database.
"""

import asyncio

import structlog
from fastapi import Request, Response

from merx.core.database import Database
from merx.core.errors import Unavailable
from merx.web.door import OPEN
from merx.web.router import Router
from merx.web.transactions import database

READY_SECONDS = 3
_log = structlog.get_logger()

# Write a few more rows than fit in memory, so that the disk needs room for a moment: on a full disk
# tables cannot grow, though a commit alone may still fit. Then commit a record that nobody reads,
# which has to reach the disk; a standby refuses it.
_WRITE = """SET LOCAL work_mem = '64kB';
SELECT count(*) FROM generate_series(1, 10000);
SELECT pg_logical_emit_message(true, 'merx', 'ready')"""


READINESS = Router(door=OPEN, include_in_schema=False)


@READINESS.get("/health")
async def health(_: Request) -> Response:
    """The process is running."""
    return Response("OK", media_type="text/plain")


@READINESS.get("/ready")
async def ready(request: Request) -> Response:
    """The database answers too, within seconds."""
    state = request.app.state
    if getattr(state, "is_draining", False):
        raise Unavailable("The server is about to stop")
    # One check at a time, however many callers there are and however long a frozen database takes.
    asking: asyncio.Task[bool] | None = getattr(state, "asking_database", None)
    if asking is None or asking.done():
        asking = state.asking_database = asyncio.create_task(_is_writable(database(request)))
    done, _ = await asyncio.wait([asking], timeout=READY_SECONDS)
    if not done or not asking.result():
        raise Unavailable("The database does not answer")
    return Response("OK", media_type="text/plain")


async def _is_writable(asked: Database) -> bool:
    try:
        async with asyncio.timeout(READY_SECONDS), asked.read() as connection:
            await connection.execute(_WRITE)
    except Exception as error:
        _log.warning("not ready", error=repr(error))
        return False
    return True
