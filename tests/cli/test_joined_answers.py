"""The head and the body of an answer leave in one write, on a real connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from merx.cli.connections import _JOINED_BYTES, _Joining

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"


@asynccontextmanager
async def joined() -> AsyncIterator[tuple[Any, asyncio.StreamReader]]:
    """The server's end of a connection, and the client's."""
    accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _, writer: accepted.put(writer), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    own = await accepted.get()
    transport: Any = own.transport
    yield _Joining(transport, asyncio.get_running_loop()), reader
    own.close()
    writer.close()
    server.close()


async def test_a_body_arrives_with_its_head() -> None:
    async with joined() as (transport, reader):
        transport.write(HEAD)
        transport.write(b"body")

        assert await reader.read(1000) == HEAD + b"body"


@pytest.mark.parametrize("size", [_JOINED_BYTES, _JOINED_BYTES + 1, 3 * _JOINED_BYTES])
async def test_a_large_body_follows_its_head(size: int) -> None:
    async with joined() as (transport, reader):
        transport.write(HEAD)
        transport.write(b"x" * size)
        transport.write(b"y")

        assert await reader.readexactly(len(HEAD) + size + 1) == HEAD + b"x" * size + b"y"


async def test_a_head_without_a_body_does_not_wait_for_one() -> None:
    async with joined() as (transport, reader):
        transport.write(HEAD)

        async with asyncio.timeout(5):
            assert await reader.readexactly(len(HEAD)) == HEAD


async def test_answers_keep_their_order() -> None:
    async with joined() as (transport, reader):
        for part in (HEAD, HEAD, b"body", HEAD):
            transport.write(part)
        transport.close()

        assert await reader.read() == HEAD + HEAD + b"body" + HEAD


async def test_nothing_is_written_to_a_client_that_has_gone() -> None:
    async with joined() as (transport, reader):
        transport.close()
        transport.write(HEAD)
        transport.write(b"body")

        assert await reader.read() == b""
