"""Changes made while a search engine is away, or a relay is killed, reach its index later."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from merx.core.database import Database
from merx.outbox import Relay
from merx.providers.meilisearch import MeilisearchEngine
from merx.subscribers.search_engine import search_engine
from tests.factories.meilisearch_server import API_KEY, MeilisearchServer, meilisearch_server
from tests.outbox.support import errors, happen, make_due, relaying, states, until

pytestmark = pytest.mark.commits


@pytest.fixture
async def server(database: Database) -> AsyncIterator[MeilisearchServer]:
    """The engine, and a product of the shop."""
    async with database.write() as tx:
        await tx.execute(
            "INSERT INTO product (id, title, handle, status)"
            " VALUES ('prod_1', 'Shirt', 'shirt', 'published')"
        )
    with meilisearch_server() as double:
        yield double
    async with database.write() as tx:
        await tx.execute("DELETE FROM product")


def engine(server: MeilisearchServer) -> MeilisearchEngine:
    return MeilisearchEngine(server.url, API_KEY, "products")


@pytest.mark.parametrize("trouble", ["away", "failing"])
async def test_a_change_while_the_engine_is_in_trouble_is_written_when_it_is_back(
    database: Database, server: MeilisearchServer, trouble: str
) -> None:
    setattr(server, trouble, True)
    async with relaying(database, search_engine(engine(server))):
        await happen(database, "product.created", "prod_1")
        await until(lambda: errors(database))
        assert server.documents == {}
        assert [state for _, state, _ in await states(database)] == ["pending"]

        setattr(server, trouble, False)
        await make_due(database)
        await until(lambda: "prod_1" in server.documents)


async def test_what_a_killed_relay_had_begun_is_written_by_the_next(
    database: Database, server: MeilisearchServer
) -> None:
    server.held = threading.Event()
    relay = Relay(database, [search_engine(engine(server))])
    running = asyncio.create_task(relay.run())
    await happen(database, "product.created", "prod_1")
    await until(lambda: server.requests)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    server.away = True
    server.held.set()
    assert server.documents == {}

    # The next process, with nothing in its memory.
    server.away = False
    await make_due(database)
    async with relaying(database, search_engine(engine(server))):
        await until(lambda: "prod_1" in server.documents)
