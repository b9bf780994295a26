"""When a key was last used: at most one write a minute and key, beside the request.

The look-up that lets a key in also tells whether its last use was noted a minute ago. Only then a
task writes, on a connection of its own: no request waits for it, none fails with it, and a burst
of requests starts one for each key and process.
"""

import asyncio

import structlog
from fastapi import FastAPI, Request

from merx.core.database import Database
from merx.modules.api_key.service import LiveKey, note_use

_log = structlog.get_logger()


def note_key_use(request: Request, key: LiveKey) -> None:
    """Let it be written down that the key is in use, if that was not done lately."""
    under_way = _under_way(request.app)
    if key.is_unnoted and key.id not in under_way:
        under_way[key.id] = asyncio.create_task(_note(request.app, key.id))


def _under_way(app: FastAPI) -> dict[str, asyncio.Task[None]]:
    # Held here, too, because the event loop holds its tasks only weakly.
    tasks: dict[str, asyncio.Task[None]] | None = getattr(app.state, "key_uses", None)
    if tasks is None:
        tasks = app.state.key_uses = {}
    return tasks


async def _note(app: FastAPI, key_id: str) -> None:
    database: Database = app.state.database
    try:
        async with database.write() as tx:
            await note_use(tx, key_id)
    except Exception as error:
        _log.warning("the use of a key was not noted", key=key_id, exc_info=error)
    finally:
        _under_way(app).pop(key_id, None)
