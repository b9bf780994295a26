"""Request ids, carried by log lines and answers, and one log line per request."""

import re
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merx.core.ids import new_id

_log = structlog.get_logger("merx.access")
_HEADER = b"x-request-id"
# What a caller may use as a request id; anything else could forge log lines.
_USABLE = re.compile(r"^[\w.-]{1,128}$", re.ASCII)


class RequestLog:
    """Binds the request's id, from `x-request-id` or new, and logs how the request was answered."""

    def __init__(self, app: ASGIApp, *, access_log: bool) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ("/health", "/ready"):
            await self._app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        given = next((value for name, value in headers if name == _HEADER), b"").decode("latin-1")
        request_id = given if _USABLE.match(given) else new_id("req")
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_HEADER, request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                if self._access_log:
                    milliseconds = round((time.perf_counter() - started) * 1000, 1)
                    _log.info(
                        "request",
                        method=scope["method"],
                        path=scope["path"],
                        status=status,
                        milliseconds=milliseconds,
                    )
