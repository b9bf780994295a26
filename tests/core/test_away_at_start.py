"""A worker that starts while the database is away."""

import asyncio
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from merx.app import create_app
from merx.core.database import DatabaseAway, Transaction
from merx.extension import Extension, Services
from merx.settings import Settings
from tests.factories.faulty_network import FaultyNetwork

# More bytes than anything here takes.
_PLENTY = 10**9


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def through(port: int, url: str) -> str:
    parts = urlsplit(url)
    user = parts.username or parse_qs(parts.query).get("user", ["postgres"])[0]
    return f"postgresql://{user}:{parts.password or ''}@127.0.0.1:{port}{parts.path}"


async def start(settings: Settings, *extensions: Extension) -> int:
    app = create_app(settings, extensions)
    async with app.router.lifespan_context(app), app.state.database.read() as connection:
        return await connection.fetchval("SELECT 1")


async def test_one_of_several_waits_for_it(settings: Settings, worker_url: str) -> None:
    port = free_port()
    url = through(port, worker_url)
    own = settings.model_copy(update={"database_url": url, "workers": 2})
    network = FaultyNetwork(worker_url, _PLENTY, _PLENTY)
    starting = asyncio.create_task(start(own))
    await asyncio.sleep(1.5)
    assert not starting.done()

    async with await asyncio.start_server(network.serve, "127.0.0.1", port):
        assert await starting == 1


async def test_the_only_one_says_so_at_once(settings: Settings, worker_url: str) -> None:
    url = through(free_port(), worker_url)
    with pytest.raises(ConnectionRefusedError):
        await start(settings.model_copy(update={"database_url": url}))


class Unlucky:
    """Loses its connection the first times it writes what must exist before the first request."""

    def __init__(self, losses: int) -> None:
        self.losses = losses
        self.extension = Extension("unlucky", prepare=self.prepare)

    async def prepare(self, tx: Transaction, _: Services) -> None:
        if self.losses:
            self.losses -= 1
            await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def test_one_of_several_prepares_again_when_the_database_goes_meanwhile(
    settings: Settings,
) -> None:
    unlucky = Unlucky(losses=2)
    several = settings.model_copy(update={"workers": 2})
    assert await start(several, unlucky.extension) == 1
    assert unlucky.losses == 0


async def test_the_only_one_that_loses_its_connection_says_so_at_once(settings: Settings) -> None:
    unlucky = Unlucky(losses=2)
    with pytest.raises(DatabaseAway):
        await start(settings, unlucky.extension)
    assert unlucky.losses == 1
