"""When an API key was last used: at most one write per minute and key, after the response.

The look-up that authenticates a key also tells whether its last use was recorded within a minute.
Only if not, and only after the response is sent, one write follows on its own connection: no caller
waits for it or sees it fail, and a burst of requests causes one write per key and process.
"""

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from merx.core.database import Database
from merx.modules.api_key.service import LiveKey, note_use

_log = structlog.get_logger()


def note_key_use(request: Request, key: LiveKey) -> None:
    """Record the use of the key after the response, unless it was recorded recently."""
    if key.is_unnoted:
        request.state.used_key = key.id


class KeyUse:
    """Records the use of a request's key once the response has been sent."""

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
