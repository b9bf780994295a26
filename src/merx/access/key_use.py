"""When a key was last used: at most one write a minute and key, after the answer.

The look-up that lets a key in also tells whether its last use was noted a minute ago. Only then,
and once its answer is sent, a request writes, on a connection of its own: no caller waits for it,
none sees it fail, and a burst of requests writes once for each key and process.
"""

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from merx.core.database import Database
from merx.modules.api_key.service import LiveKey, note_use

_log = structlog.get_logger()


def note_key_use(request: Request, key: LiveKey) -> None:
    """Let it be written down after the answer that the key is in use, if it was not lately."""
    if key.is_unnoted:
        request.state.used_key = key.id


class KeyUse:
    """Notes the key that a request showed, once the request is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        key_id = scope.get("state", {}).get("used_key")
        if key_id is None or key_id in self._under_way:
            return
        self._under_way.add(key_id)
        try:
            await _note(scope["app"].state.database, key_id)
        finally:
            self._under_way.discard(key_id)


async def _note(database: Database, key_id: str) -> None:
    try:
        async with database.brief_write() as tx:
            await note_use(tx, key_id)
    except Exception as error:
        _log.warning("the use of a key was not noted", key=key_id, exc_info=error)
