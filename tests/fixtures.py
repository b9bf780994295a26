"""Databases, the app and its clients.

A test starts with the database that `merx migrate` creates. By default app and test share one
connection inside a transaction that is rolled back at the end: each sees the other's writes, and
`now()` does not change. A test marked `commits` gets its own clone of the database and a real pool,
because it needs several connections, commits, or passing time.
"""

import gc
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from fastapi import FastAPI

from merx.app import create_app
from merx.core.database import Database, Transaction
from merx.modules.auth import passwords
from merx.settings import Settings
from tests.databases import Cluster, OneTransaction, running_cluster, scratch
from tests.docs.payloads import undocumented_ids
from tests.factories.people import make_person
from tests.passwords import REAL, use_cheap_hashes
from tests.server import Server, running_server

# The developer's own settings must not affect the tests.
for variable in [name for name in os.environ if name.startswith("MERX_")]:
    del os.environ[variable]

# Imported modules are never freed, and the collector would scan them again and again.
gc.disable()

# Tracebacks printed by structlog take seconds, and hide the test's own.
structlog.configure(
    processors=[structlog.stdlib.add_log_level, structlog.processors.KeyValueRenderer()]
)


use_cheap_hashes()


def pytest_collection_finish() -> None:
    """Exclude everything loaded so far from garbage collection."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="session")
async def worker_url(cluster: Cluster) -> AsyncIterator[str]:
    """URL of the database of the tests that roll back."""
    async with cluster.database() as url:
        yield url


@pytest.fixture(scope="session")
async def worker_database(worker_url: str) -> AsyncIterator[Database]:
    # All tests run here: no statement is planned a second time.
    database = Database(worker_url, pool_size=2, statement_cache_size=5000)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def clone_url(cluster: Cluster) -> AsyncIterator[str]:
    """URL of a database for this test only."""
    async with cluster.database() as url:
        yield url


@pytest.fixture
async def empty_url(cluster: Cluster) -> AsyncIterator[str]:
    """URL of an empty database for this test only."""
    async with cluster.database(migrated=False) as url:
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of the test's own database, for tests marked `commits`."""
    assert request.node.get_closest_marker("commits"), "mark the test `commits`"
    return request.getfixturevalue("clone_url")


@pytest.fixture
def _own_url(request: pytest.FixtureRequest) -> str | None:
    """The database of a test marked `commits`; async fixtures cannot call `getfixturevalue`."""
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
    """A connection to the test's database; the client sees its writes."""
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
        # There may be one in this folder.
        dashboard=Path("no dashboard"),
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
    """Unauthenticated requests."""
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
    """A client of the app in this process, which requests detailed errors."""
    transport = httpx.ASGITransport(app)
    headers = {"prefer": "errors=detailed"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:9000", headers=headers)


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Password hashes of full strength, in this process."""
    for name, value in REAL.items():
        monkeypatch.setattr(passwords, name, value)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own folder, which is closed to the user that root's PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="merx-", dir=scratch()) as name:
        yield Path(name)


# The settings with which second factors and verifications were recorded.
SERVER_SETTINGS = {
    "MFA_ENCRYPTION_KEY": "a key of the tests that is long enough",
    "AUTH_VERIFICATIONS": "courier:emailpass:email",
}


@pytest.fixture(scope="session")
async def server(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """A server process with its own database, shared by all tests of a worker."""
    async with cluster.database() as url:
        with running_server(url, tmp_path_factory.mktemp("server"), **SERVER_SETTINGS) as running:
            yield running


@pytest.fixture(scope="session")
def server_url(server: Server) -> str:
    return server.url
