"""HTTP connections with limits: on their number, their headers, and the client's time.

uvicorn waits indefinitely for the rest of a head or a body, and reads headers of any length. All
connections of the process are checked once a second, so a request costs nothing (decision 0009).
"""

import asyncio
from typing import Any

import orjson
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from merx.core.shapes import Json

MOST_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 20
# A body may arrive slowly, but on average not slower than this.
BODY_SECONDS = 30
BODY_BYTES_PER_SECOND = 10_000
# How long a body may continue after its answer, and an answer may stay unread.
LINGER_SECONDS = 10
UNREAD_SECONDS = 60
# A copy of fewer bytes costs less than sending them apart.
_JOINED_BYTES = 64 * 1024


class _Joining:
    """A transport that sends the head of an answer with the first part of its body.

    uvicorn writes them one after the other. Sent as two packets they cost two system calls and wake
    the client twice, which is a tenth of the time of a small answer. A head without a body leaves
    before the loop waits again.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes, or keep a head for the next ones; nothing to a client that has gone."""
        head, self._head = self._head, b""
        if self._transport.is_closing():
            return
        if not head and data.startswith(b"HTTP/1.1 ") and data.endswith(b"\r\n\r\n"):
            self._head = data
            self._loop.call_soon(self._flush)
        elif head and len(data) > _JOINED_BYTES:
            self._transport.writelines((head, data))
        else:
            self._transport.write(head + data)

    def close(self) -> None:
        """Send what is left, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        head, self._head = self._head, b""
        if head and not self._transport.is_closing():
            self._transport.write(head)


class BoundedConnection(HttpToolsProtocol):
    """One connection: uvicorn's behaviour, with limits."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: Json,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # Since when this connection has been waiting for its head or body.
        self._since = self.loop.time()
        self._is_in_head = True
        self._is_in_body = False
        self._is_refused = False
        self._received = 0
        self._unread = (0, 0.0)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection, closing an idle one if there are too many."""
        super().connection_made(transport)
        joining: Any = _Joining(transport, self.loop)
        self.transport = joining
        if not getattr(self.server_state, "is_watched", False):
            self.server_state.is_watched = True  # pyright: ignore[reportAttributeAccessIssue]
            self.loop.call_later(1, _look_at_all, self.loop, self.server_state)
        limit = self.limit_concurrency
        if limit is not None and len(self.connections) >= limit and not self._make_room():
            self.refuse(503, b"Service Unavailable", "Too many connections")

    def data_received(self, data: bytes) -> None:
        """Read on; headers that are too long are refused before they are complete."""
        if self._is_refused:
            return
        super().data_received(data)
        if self._is_in_head:
            self._received += len(data)
            if self._received > MOST_HEAD_BYTES:
                self._refuse_head()

    def on_message_begin(self) -> None:
        """A request starts."""
        self._is_in_head, self._since, self._received = True, self.loop.time(), 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Hand the request to the app, if its headers are valid."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        hosts = [name for name, _ in self.headers if name == b"host"]
        if size > MOST_HEAD_BYTES:
            self._refuse_head()
        elif len(hosts) > 1 or (not hosts and self._parser().get_http_version() == "1.1"):
            self.refuse(400, b"Bad Request", "The header Host is required exactly once")
        else:
            self._is_in_head, self._is_in_body = False, True
            self._since, self._received = self.loop.time(), 0
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body."""
        if not self._is_refused:
            self._received += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        if not self._is_refused:
            self._is_in_body = False
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a malformed request, unless the client already has its answer."""
        if not self._is_refused:
            super().send_400_response(msg)

    def on_response_complete(self) -> None:
        """From here on a continuing body or an idle connection is lingering."""
        self._since = self.loop.time()
        super().on_response_complete()

    def refuse(self, status: int, phrase: bytes, message: str) -> None:
        """Answer without the app, and close once the client had time to read it."""
        self._is_refused = True
        self._unset_keepalive_if_required()
        kind = "service_unavailable" if status == 503 else "invalid_data"
        body = orjson.dumps({"type": kind, "message": message})
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%s"
            b"connection: close\r\n\r\n%s"
            % (status, phrase, len(body), b"retry-after: 5\r\n" if status == 503 else b"", body)
        )
        self.transport.pause_reading()
        self.loop.call_later(1, self.transport.close)

    def look(self, now: float) -> None:
        """Close the connection if its client takes too long."""
        unread = self.transport.get_write_buffer_size()
        if not unread or unread < self._unread[0]:
            self._unread = (unread, now)
        elif not self._unread[0]:
            self._unread = (unread, now)
        elif now - self._unread[1] > UNREAD_SECONDS:
            self.transport.abort()
            return
        if self._is_refused or self.transport.is_closing():
            return
        if self._is_in_head:
            self._look_at_head(now)
        elif self._is_in_body:
            self._look_at_body(now)

    def shutdown(self) -> None:
        """Close when the running request is answered, or at once if none is complete."""
        super().shutdown()
        if self._is_in_body and not self.transport.is_closing():
            self._since = min(self._since, self.loop.time() - BODY_SECONDS + 5)
            self._received = 0

    @property
    def is_idle(self) -> bool:
        """Whether no request of this connection is being answered."""
        cycle: Any = self.cycle
        return cycle is None or cycle.response_complete

    @property
    def since(self) -> float:
        """Since when it has been waiting."""
        return self._since

    def _look_at_head(self, now: float) -> None:
        # Between two requests uvicorn closes idle connections; the first request has to start in
        # time.
        if now - self._since > HEAD_SECONDS and self.timeout_keep_alive_task is None:
            self.refuse(408, b"Request Timeout", "The request's headers did not arrive in time")

    def _look_at_body(self, now: float) -> None:
        if self.cycle.response_complete:
            if now - self._since > LINGER_SECONDS:
                self.transport.close()
        elif self.flow.read_paused:
            # The app has not asked for more yet, so this is not the client's delay.
            self._since = now
        elif now - self._since > BODY_SECONDS + self._received / BODY_BYTES_PER_SECOND:
            if self.cycle.response_started:
                self.transport.close()
            else:
                self.cycle.disconnected = True
                self.refuse(408, b"Request Timeout", "The request's body did not arrive in time")
                self.cycle.message_event.set()

    def _parser(self) -> Any:
        return self.parser

    def _refuse_head(self) -> None:
        words = f"The request's headers are larger than the limit of {MOST_HEAD_BYTES} bytes"
        self.refuse(431, b"Request Header Fields Too Large", words)

    def _make_room(self) -> bool:
        """Close the connection that has been idle longest; False if all others are busy."""
        idle = [
            other for other in _bounded(self.connections) if other is not self and other.is_idle
        ]
        if not idle:
            return False
        oldest = min(idle, key=lambda other: other.since)
        self.connections.discard(oldest)
        oldest.transport.abort()
        return True


def _look_at_all(loop: asyncio.AbstractEventLoop, state: ServerState) -> None:
    now = loop.time()
    for connection in _bounded(state.connections):
        connection.look(now)
    loop.call_later(1, _look_at_all, loop, state)


def _bounded(connections: Any) -> list[BoundedConnection]:
    return list(connections)
