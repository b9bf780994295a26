"""A worker that starts while the database is away."""

import asyncio
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from merx.app import create_app
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


async def start(settings: Settings) -> int:
    app = create_app(settings)
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
