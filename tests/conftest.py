"""Databases, the app and its clients.

A test sees a database as `merx migrate` leaves it. By default app and test share one connection
inside a transaction that is rolled back at the end: each reads what the other wrote, and `now()`
stands still. A test marked `commits` gets a clone of its own and a real pool, because it needs
several connections, commits, or time.
"""

import gc
import os
from collections.abc import AsyncIterator, Iterator

import httpx
import psutil
import pytest
import structlog
from fastapi import FastAPI

from merx.app import create_app
from merx.core.database import Database, Transaction
from merx.settings import Settings
from tests.databases import Cluster, OneTransaction, running_cluster
from tests.docs.payloads import undocumented_ids
from tests.factories.people import make_person
from tests.server import Server, running_server

# A developer's own settings are none of the tests' business.
for variable in [name for name in os.environ if name.startswith("MERX_")]:
    del os.environ[variable]

# Nothing that is loaded goes again: the collector would look at all of it again and again.
gc.disable()

# The tracebacks that structlog prints by itself take seconds and hide the test's own.
structlog.configure(
    processors=[structlog.stdlib.add_log_level, structlog.processors.KeyValueRenderer()]
)


def pytest_collection_finish() -> None:
    """What is there now stays, and is not looked at again."""
    gc.freeze()
    gc.enable()


def pytest_xdist_auto_num_workers() -> int | None:
    """More than there are cores: tests often wait, for a lock, a server or the time."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (psutil.cpu_count() or 1) + 2


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="session")
async def worker_url(cluster: Cluster) -> AsyncIterator[str]:
    """Of the database whose tests roll back."""
    async with cluster.database() as url:
        yield url


@pytest.fixture(scope="session")
async def worker_database(worker_url: str) -> AsyncIterator[Database]:
    database = Database(worker_url, pool_size=2)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def clone_url(cluster: Cluster) -> AsyncIterator[str]:
    """A database of the test's own."""
    async with cluster.database() as url:
        yield url


@pytest.fixture
async def empty_url(cluster: Cluster) -> AsyncIterator[str]:
    """A database of the test's own in which nothing is."""
    async with cluster.database(migrated=False) as url:
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """Of the test's own database, for tests marked `commits`."""
    assert request.node.get_closest_marker("commits"), "mark the test `commits`"
    return request.getfixturevalue("clone_url")


@pytest.fixture
def _own_url(request: pytest.FixtureRequest) -> str | None:
    """The database of a test marked `commits`: an async fixture cannot ask for another by name."""
    commits = request.node.get_closest_marker("commits")
    return request.getfixturevalue("clone_url") if commits else None


@pytest.fixture
async def database(_own_url: str | None, worker_database: Database) -> AsyncIterator[Database]:
    if _own_url is not None:
        own = Database(_own_url)
        await own.open()
        yield own
        await own.close()
        return
    async with worker_database.read() as connection:
        outer = connection.transaction()
        await outer.start()
        yield OneTransaction(connection)
        wrong = await undocumented_ids(connection)
        await outer.rollback()
        assert not wrong


@pytest.fixture
async def tx(database: Database) -> AsyncIterator[Transaction]:
    """A connection to the test's database; what it writes, the client sees."""
    async with database.read() as connection:
        yield connection


@pytest.fixture(scope="session")
def settings(worker_url: str) -> Settings:
    secret = "a secret of the tests that is long enough"
    return Settings(
        database_url=worker_url,
        jwt_secret=secret,
        cookie_secret=secret,
        access_log=False,
        relay=False,
    )


@pytest.fixture(scope="session")
async def worker_app(settings: Settings) -> AsyncIterator[FastAPI]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def app(worker_app: FastAPI, database: Database) -> Iterator[FastAPI]:
    """The app on the test's database."""
    own, worker_app.state.database = worker_app.state.database, database
    yield worker_app
    worker_app.state.database = own


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Requests of nobody in particular."""
    async with requests_to(app) as client:
        yield client


@pytest.fixture
async def admin(
    app: FastAPI, tx: Transaction, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """Requests of an admin user."""
    person = await make_person(tx, "admin@shop.test")
    async with requests_to(app) as client:
        client.headers.update(person.bearer(settings))
        yield client


def requests_to(app: FastAPI) -> httpx.AsyncClient:
    """A client of the app in this process, which wants to hear of every error."""
    transport = httpx.ASGITransport(app)
    headers = {"prefer": "errors=detailed"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:9000", headers=headers)


# What the recordings of second factors and verifications were made with.
SERVER_SETTINGS = {
    "MFA_ENCRYPTION_KEY": "a key of the tests that is long enough",
    "AUTH_VERIFICATIONS": "courier:emailpass:email",
}


@pytest.fixture(scope="session")
async def server(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """A server process on a database of its own, one for all tests of a worker."""
    async with cluster.database() as url:
        with running_server(url, tmp_path_factory.mktemp("server"), **SERVER_SETTINGS) as running:
            yield running


@pytest.fixture(scope="session")
def server_url(server: Server) -> str:
    return server.url
