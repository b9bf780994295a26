"""Request bodies: read within a limit, parsed strictly, empty ones as `{}`.

A body that cannot be parsed becomes a `BrokenBody`, which no model accepts: so the caller is
told about missing credentials before the contents of a request are judged.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute

from merx.core.errors import TooLarge


@dataclass(frozen=True, slots=True)
class BrokenBody:
    """A body that is no JSON object or list, and why."""

    message: str


class _JSONRequest(Request):
    """A request whose body is JSON or nothing."""

    _limit: int

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._body = await self._read() or b"{}"
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse_body(await self.body())
        return self._json

    async def _read(self) -> bytes:
        limit: int = self.app.state.settings.max_body_bytes
        declared = self.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise TooLarge(f"Request body is larger than the limit of {limit} bytes")
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"Request body is larger than the limit of {limit} bytes")
            chunks.append(chunk)
        return b"".join(chunks)


class JSONRoute(APIRoute):
    """A route that reads its body as the reference does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read_and_handle(request: Request) -> Response:
            return await handle(_JSONRequest(_as_json(request), request.receive))

        return read_and_handle


def _as_json(request: Request) -> Any:
    """The scope with a content type that lets FastAPI parse: an absent body counts as `{}`,
    and a body of another type is ignored as on the reference, but text, which is refused."""
    scope = request.scope
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    empty = request.headers.get("content-length", "0") == "0"
    if content_type == "application/json" or (
        not empty and content_type and "transfer-encoding" not in request.headers
    ):
        return scope
    headers = [pair for pair in scope["headers"] if pair[0] != b"content-type"]
    return {**scope, "headers": [*headers, (b"content-type", b"application/json")]}


def parse_body(raw: bytes) -> Any:
    """The JSON object or list of a body, or why it is none."""
    if not raw.strip():
        return BrokenBody("Unexpected end of JSON input")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()):
            return BrokenBody("Unexpected end of JSON input")
        return BrokenBody(f"{error.msg.capitalize()} in JSON at position {error.pos}")
    if isinstance(value, dict | list):
        return value
    return BrokenBody("The request body is not a JSON object")


def check_rows(request: Request, *counts: int) -> None:
    """Refuse a batch of more rows than the setting allows."""
    limit: int = request.app.state.settings.max_batch_rows
    if sum(counts) > limit:
        raise TooLarge(f"A batch can hold {limit} rows at most, this one has {sum(counts)}")
