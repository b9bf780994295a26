"""A server that is frozen does not keep its clients waiting."""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from merx.core.database import Database, DatabaseAway
from merx.core.embedded import EmbeddedPostgres
from merx.core.watch import watched
from tests.databases import SETTINGS, scratch

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A cluster of its own: it is frozen."""
    with (
        tempfile.TemporaryDirectory(prefix="merx-", dir=scratch()) as folder,
        EmbeddedPostgres(Path(folder), SETTINGS) as server,
    ):
        yield server


@contextmanager
def frozen(server: EmbeddedPostgres) -> Iterator[None]:
    folder = server.url().partition("host=")[2]
    main = int((Path(folder) / "data" / "postmaster.pid").read_text().split()[0])
    processes = [main, *(child.pid for child in psutil.Process(main).children(recursive=True))]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


async def test_who_waits_on_a_frozen_server_is_told(server: EmbeddedPostgres) -> None:
    database = Database(server.url("postgres"), connection_seconds=1)
    await database.open()
    async with watched(database, seconds=1):
        async with database.read() as connection:
            await connection.execute("SELECT 1")
            # Until the watch has its connection.
            await asyncio.sleep(0.5)
            with frozen(server):
                started = time.monotonic()
                with pytest.raises(Exception, match="connection"):
                    await connection.execute("SELECT 1")
                assert time.monotonic() - started < 10
        for _ in range(50):
            try:
                async with database.read() as again:
                    assert await again.fetchval("SELECT 1") == 1
                    break
            except DatabaseAway:
                await asyncio.sleep(0.2)
        else:
            pytest.fail("no connection after the server went on")
    await database.close()


async def test_a_server_that_answers_keeps_its_connections(server: EmbeddedPostgres) -> None:
    database = Database(server.url("postgres"))
    await database.open()
    connections = database.connections
    async with watched(database, seconds=0.5):
        await asyncio.sleep(1.5)
        assert database.connections is connections
    await database.close()
