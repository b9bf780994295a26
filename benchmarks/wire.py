"""A cheap keep-alive HTTP/1.1 connection: one request at a time, and only the content length is
parsed. Its own cost is measured on `/health` and printed with the results."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httptools
import orjson


class Answer(NamedTuple):
    """A complete response: status, body as bytes, the milliseconds from the first byte written to
    the last byte read, and the number of statements that the database ran, if counted."""

    status: int
    body: bytes
    ms: float
    statements: int = 0

    def json(self) -> Any:
        """The body; parsing is not timed."""
        return orjson.loads(self.body)


class _Reader(asyncio.Protocol):
    """Collects one response after another."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._chunks: list[bytes] = []
        self._done: asyncio.Future[tuple[int, list[bytes]]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue] - uvloop's own class

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done and not self._done.done():
            self._done.set_exception(exc or ConnectionError("The server closed the connection"))

    # -- called by the parser

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._done and not self._done.done():
            self._done.set_result((self._parser.get_status_code(), self._chunks))

    # -- called by Connection

    def send(self, request: bytes) -> "asyncio.Future[tuple[int, list[bytes]]]":
        assert self._transport is not None
        self._parser = httptools.HttpResponseParser(self)
        self._chunks = []
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._done

    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Connection:
    """One connection to a server; `headers` go with every request."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "localhost", parts.port or 80
        self._reader = _Reader()
        self.headers: dict[str, str] = {"host": f"{self._host}:{self._port}"}

    async def open(self) -> "Connection":
        """Connect; to be done before the first request."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._reader, self._host, self._port)
        return self

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()

    def prepare(self, method: str, path: str, body: object = None) -> bytes:
        """The bytes of a request, so that encoding JSON is not timed."""
        content = b"" if body is None else orjson.dumps(body)
        headers: Mapping[str, str] = {
            **self.headers,
            "content-type": "application/json",
            "content-length": str(len(content)),
        }
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name}: {text}" for name, text in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + content

    async def send(self, request: bytes) -> Answer:
        """Send prepared bytes; any status is accepted. Reopens a connection that was closed."""
        if not self._reader.is_open():
            await self.open()
        started = time.perf_counter()
        status, chunks = await self._reader.send(request)
        ms = (time.perf_counter() - started) * 1000
        return Answer(status, b"".join(chunks), ms)

    async def call(self, method: str, path: str, body: object = None) -> Answer:
        """Prepare and send; raises if the response is not 2xx."""
        answer = await self.send(self.prepare(method, path, body))
        if not 200 <= answer.status < 300:
            text = answer.body[:500].decode(errors="replace")
            raise RuntimeError(f"{method} {path} answered {answer.status}: {text}")
        return answer


async def log_in(connection: Connection, email: str, password: str) -> None:
    """Send the bearer token of a user with all further requests of the connection."""
    body = {"email": email, "password": password}
    answer = await connection.call("POST", "/auth/user/emailpass", body)
    connection.headers["authorization"] = f"Bearer {answer.json()['token']}"
