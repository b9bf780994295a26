"""A connection to PostgreSQL over the network is watched by the system."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from merx.core.database import Database, Transaction
from merx.core.schema_state import connected


@asynccontextmanager
async def over_the_network(url: str) -> AsyncIterator[str]:
    """The URL of a port that leads to the socket of the tests' server."""
    parts = urlsplit(url)
    [folder] = parse_qs(parts.query)["host"]

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}"


def options_of(connection: Transaction) -> list[int]:
    sock = connection._transport.get_extra_info("socket")  # pyright: ignore[reportPrivateUsage]
    names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
    return [
        sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        *(sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in names),
    ]


@pytest.mark.commits
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other names for them")
async def test_every_connection_notices_when_its_peer_has_vanished(database_url: str) -> None:
    async with over_the_network(database_url) as url:
        database = Database(url, pooled_past=url)
        await database.open()
        async with (
            database.read() as pooled,
            database.session() as session,
            database.apart(2) as apart,
            connected(url) as starting,
        ):
            found = [options_of(one) for one in (pooled, session, apart, starting)]
        await database.close()

    assert found == [[1, 10, 5, 3, 20_000]] * 4
