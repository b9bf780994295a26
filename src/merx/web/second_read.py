"""A read whose database went away under it is asked once more.

When PostgreSQL restarts, the connections that it had do not know yet. The next ones work: nobody
who only reads has to hear of it.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_AREAS = ("/admin/", "/store/")


class SecondRead:
    """Runs a GET again, on another connection, when the answer was that the database is away."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or not scope["path"].startswith(_AREAS)
        ):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        # What a request leaves in its scope, such as who calls, the second one finds out anew.
        again = {**scope, "state": {**state}}

        async def send_unless_away(message: Message) -> None:
            if not state.get("is_database_away"):
                await send(message)

        await self._app(scope, receive, send_unless_away)
        if state.get("is_database_away"):
            await self._app(again, receive, send)
