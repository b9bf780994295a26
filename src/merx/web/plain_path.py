"""`/admin/products/` is `/admin/products`, as on the reference."""

from starlette.types import ASGIApp, Receive, Scope, Send


class PlainPath:
    """Removes one trailing slash from the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and len(scope["path"]) > 1 and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"][:-1]}
        await self._app(scope, receive, send)
