"""Too many connections, and clients that do not read: a small app behind Merx's own connections."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from merx.cli import connections
from merx.cli.connections import BoundedConnection

MOST = 10
LARGE = b"x" * 20_000_000
HEAD = b"HTTP/1.1\r\nHost: x\r\n"
GET = b"GET / " + HEAD + b"\r\n"
LARGE_GET = b"GET /large " + HEAD + b"\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK"


async def shop(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """Answers at once, or after the body when there is one; `/large` with much."""
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    body = LARGE if scope["path"] == "/large" else b"OK"
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass
class Served:
    """The app at a port, and what is connected to it."""

    port: int
    server: uvicorn.Server
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.server.server_state.connections)

    async def connect(self, request: bytes) -> asyncio.StreamReader:
        """A new connection with the beginning of a request."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(request)
        return reader


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    config = uvicorn.Config(
        shop,  # pyright: ignore[reportArgumentType]
        http=BoundedConnection,
        limit_concurrency=MOST,
        lifespan="off",
        log_config=None,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server._serve(sockets=[listener]))
        await until(lambda: server.started)
        here = Served(listener.getsockname()[1], server)
        yield here
        for writer in here.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        server.should_exit = True
        await running


async def until(true: Callable[[], bool]) -> None:
    for _ in range(400):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(2):
            await reader.read()
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


async def test_an_idle_connection_gives_way_to_a_new_one(served: Served) -> None:
    readers: list[asyncio.StreamReader] = []
    for _ in range(MOST + 3):
        readers.append(await served.connect(GET))
        assert await readers[-1].readexactly(len(ANSWER)) == ANSWER

    assert served.count < MOST
    # Those that were idle the longest are closed, the last ones are not.
    assert [await is_closed(reader) for reader in readers[:3]] == [True] * 3
    for reader, writer in zip(readers[-3:], served.writers[-3:], strict=True):
        writer.write(GET)
        assert await reader.readexactly(len(ANSWER)) == ANSWER


async def test_busy_connections_do_not_give_way(served: Served) -> None:
    begun = b"POST / " + HEAD + b"content-length: 2\r\n\r\na"
    busy = [await served.connect(begun) for _ in range(MOST - 1)]
    await until(lambda: served.count == len(busy))

    told = await (await served.connect(GET)).readuntil(b"}")
    for writer in served.writers[: len(busy)]:
        writer.write(b"b")
    answers = [await reader.readexactly(len(ANSWER)) for reader in busy]

    assert told.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"retry-after: 5\r\n" in told
    assert b"Too many connections" in told
    assert answers == [ANSWER] * len(busy)


async def test_what_does_not_come_is_waited_for_in_bounds(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = connections.HEAD_SECONDS, connections.BODY_SECONDS
    for name, seconds in (("HEAD_SECONDS", 1), ("BODY_SECONDS", 2)):
        monkeypatch.setattr(connections, name, seconds)
    head = b"POST / " + HEAD
    loop = asyncio.get_running_loop()
    asked = loop.time()

    async def refused_after(begun: bytes) -> float:
        """How long the server waited for the rest before it answered and closed the connection."""
        reader = await served.connect(begun)
        told = await reader.readuntil(b"}")
        waited = loop.time() - asked
        assert told.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert await reader.read() == b""
        return waited

    begun = [b"", head, head + b"content-length: 50\r\n\r\n{"]
    waited = await asyncio.gather(*map(refused_after, begun))

    # Looked at once a second.
    assert [low < seconds < low + 2 for low, seconds in zip((1, 1, 2), waited, strict=True)] == [
        True
    ] * 3, waited
    assert bounds == (20, 30)


async def test_an_answer_that_nobody_reads_is_given_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 1)

    reader = await served.connect(LARGE_GET)
    await until(lambda: served.count == 1)
    await until(lambda: served.count == 0)

    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        await reader.readexactly(len(LARGE))


async def test_an_answer_that_is_read_slowly_is_not(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 2)

    reader = await served.connect(LARGE_GET)
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(8):
        await asyncio.sleep(0.5)
        await reader.readexactly(2_000_000)

    assert len(await reader.readexactly(len(LARGE) - 16_000_000)) == 4_000_000
