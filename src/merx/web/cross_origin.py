"""CORS: which sites' scripts may call which part of the API.

As on the reference, credentials and any requested header are allowed. An origin that is not listed
gets the same answer without `Access-Control-Allow-Origin`, which its browser then refuses.
"""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merx.settings import Settings, allowed_origins

_METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE"

Origins = Sequence[str | re.Pattern[str]]


class CrossOrigin:
    """Answers preflights and sets the allowed origin, by the first part of the path."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._origins: dict[str, Origins] = {
            "admin": allowed_origins(settings.admin_cors),
            "auth": allowed_origins(settings.auth_cors),
            "store": allowed_origins(settings.store_cors),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origins = self._origins.get(_area(scope["path"])) if scope["type"] == "http" else None
        if origins is None:
            await self._app(scope, receive, send)
            return
        request = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in request:
            await _answer_preflight(request, origins, send)
            return

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                _allow(headers, request.get("origin"), origins)
            await send(message)

        await self._app(scope, receive, send_with_origin)


def _area(path: str) -> str:
    """The first part of a path; empty for `*`, which asks about the server as a whole."""
    return path.partition("/")[2].partition("/")[0]


async def _answer_preflight(request: Headers, origins: Origins, send: Send) -> None:
    headers = MutableHeaders()
    headers["content-length"] = "0"
    headers["vary"] = "Origin, Access-Control-Request-Headers"
    headers["access-control-allow-methods"] = _METHODS
    headers["access-control-allow-headers"] = request.get("access-control-request-headers", "")
    _allow(headers, request.get("origin"), origins)
    await send({"type": "http.response.start", "status": 204, "headers": headers.raw})
    await send({"type": "http.response.body", "body": b""})


def _allow(headers: MutableHeaders, origin: str | None, origins: Origins) -> None:
    headers["access-control-allow-credentials"] = "true"
    if origin is not None and _is_allowed(origin, origins):
        headers["access-control-allow-origin"] = origin


def _is_allowed(origin: str, origins: Origins) -> bool:
    return any(
        listed in ("*", origin) if isinstance(listed, str) else listed.search(origin)
        for listed in origins
    )
