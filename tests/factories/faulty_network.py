"""A faulty proxy to PostgreSQL or a server: it cuts a connection after a number of bytes."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import asyncpg


@dataclass
class FaultyNetwork:
    """A proxy; `broken` counts the connections that it cut."""

    target: str
    least: int
    most: int
    broken: int = 0
    url: str = ""
    _random: random.Random = field(default_factory=lambda: random.Random(7))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        left = self._random.randint(self.least, self.most)
        ways = [
            asyncio.create_task(_pass_on(reader, there[1], left)),
            asyncio.create_task(_pass_on(there[0], writer, left)),
        ]
        done, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self.broken += any(task.result() for task in done)
        for task in pending:
            task.cancel()
        for end in (writer, there[1]):
            end.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.target)
        folder = parse_qs(parts.query).get("host", [""])[0]
        if folder:
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{parts.port or 5432}")
        return await asyncio.open_connection(parts.hostname, parts.port)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> bool:
    """Forward bytes; returns True when the limit is reached."""
    with suppress(OSError):
        while chunk := await reader.read(4096):
            left -= len(chunk)
            if left < 0:
                return True
            writer.write(chunk)
            await writer.drain()
    return False


@asynccontextmanager
async def faulty_network(
    url: str, *, least: int = 20_000, most: int = 400_000
) -> AsyncIterator[FaultyNetwork]:
    """A proxy to the database of the URL, under another URL."""
    network = FaultyNetwork(url, least, most)
    server = await asyncio.start_server(network.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    network.url = f"postgresql://{user}127.0.0.1:{port}{parts.path}?sslmode=disable"
    try:
        yield network
    finally:
        server.close()


LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
