"""A shop with demo data that the tests of reads share: they change nothing."""

from collections.abc import AsyncIterator

import httpx
import pytest

from merx.app import create_app
from merx.core.database import Database
from merx.operations.demo import seed_demo
from merx.settings import Settings
from tests.databases import Cluster
from tests.factories.people import make_person


@pytest.fixture(scope="module")
async def demo_database(cluster: Cluster) -> AsyncIterator[Database]:
    async with cluster.database() as url:
        database = Database(url, pool_size=2)
        await database.open()
        async with database.write() as tx:
            await seed_demo(tx)
        yield database
        await database.close()


@pytest.fixture(scope="module")
async def reader(demo_database: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Requests of an admin to the demo shop, for all examples of a generated test."""
    async with demo_database.write() as tx:
        person = await make_person(tx, "reader@shop.test")
    app = create_app(settings)
    app.state.database = demo_database
    # An answer of 500 is what the tests look for: it must not reach them as an exception.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost:9000", headers=person.bearer(settings)
    ) as client:
        yield client
