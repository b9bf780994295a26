"""One database for all tests here: cleared of events, it is as good as a new one for each."""

from collections.abc import AsyncIterator

import pytest

from merx.core.database import Database
from tests.databases import Cluster


@pytest.fixture(scope="session")
async def database_url(cluster: Cluster) -> AsyncIterator[str]:
    async with cluster.database() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    async with database.write() as tx:
        await tx.execute("TRUNCATE event CASCADE")
    yield database
    await database.close()


@pytest.fixture
async def tx(database: Database):
    """A transaction that is undone."""
    async with database.read() as connection:
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        await transaction.rollback()
