"""File uploads: multipart bodies, read within their limits after the caller is authenticated."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile
from starlette.types import Message

from merx.core.errors import InvalidData, TooLarge
from merx.web.door import knock

_MOST_FILES = 100
_READ_BYTES = 256 * 1024


class UploadRoute(APIRoute):
    """A route that takes files; an anonymous caller cannot make a worker read one."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read_and_handle(request: Request) -> Response:
            await knock(request)
            return await handle(request)

        return read_and_handle


@asynccontextmanager
async def sent_files(request: Request, name: str = "files") -> AsyncGenerator[list[UploadFile]]:
    """The files of a multipart body under the name; larger ones are on disk inside the block.

    InvalidData for a malformed body, TooLarge beyond `MERX_MAX_UPLOAD_BYTES` in total.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        yield []
        return
    limit: int = request.app.state.settings.max_upload_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
        raise _too_large(limit)
    bounded = Request(request.scope, _bounded(request, limit))
    async with bounded.form(max_files=_MOST_FILES, max_fields=_MOST_FILES) as form:
        others = [key for key in form if key != name]
        if others:
            raise InvalidData(f"Invalid request: Unrecognized fields: '{', '.join(others[:10])}'")
        yield [part for part in form.getlist(name) if not isinstance(part, str)]


async def chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    """The bytes of a file, read in chunks."""
    while chunk := await file.read(_READ_BYTES):
        yield chunk


def _bounded(request: Request, limit: int) -> Callable[[], Coroutine[Any, Any, Message]]:
    read = 0

    async def receive() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise _too_large(limit)
        return message

    return receive


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"Files are larger than the limit of {limit} bytes in all")
