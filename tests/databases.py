"""Databases for tests: one cluster, one template for each state of the migrations, clones of it.

The cluster is kept between runs, so a run starts in 0.1 seconds. It runs while tests do and is
shared by all workers and all runs at once. It does not wait for the disk, and lies in memory where
there is room; where not, delete the folder after a crash of the machine.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from merx.cli.migrate import migrate_database
from merx.core.beside import transaction_on
from merx.core.database import Database, Transaction
from merx.core.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[1]

MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "jit": "off",
    "log_min_messages": "log",
    "log_min_error_statement": "log",
}
RUN = f"test_{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}_"


def scratch() -> Path | None:
    """The fastest place for temporary folders; None for the usual one."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


def _folder() -> Path:
    fast = scratch()
    if fast is None:
        return ROOT / ".merx" / "tests"
    checkout = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]
    return fast / f"merx-tests-{os.geteuid()}-{checkout}"


FOLDER = _folder()


class Cluster:
    """The running cluster with its template."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._url = server.url
        self._created = 0
        self._template = f"template_{_digest()}"
        with alone():
            if server.was_started:
                self._drop_leftovers()
            self._build_template()

    @asynccontextmanager
    async def database(self, *, migrated: bool = True) -> AsyncIterator[str]:
        """The URL of a new database: as `merx migrate` leaves it, or empty; dropped afterwards."""
        self._created += 1
        name = f"{RUN}{os.getpid()}_{self._created}"
        template = self._template if migrated else "template0"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self._url(name)
        await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _build_template(self) -> None:
        if asyncio.run(self._names(self._template)):
            return
        unfinished = f"{self._template}_unfinished"
        asyncio.run(self._execute(f"DROP DATABASE IF EXISTS {unfinished}"))
        asyncio.run(self._execute(f"CREATE DATABASE {unfinished}"))
        migrate_database(self._url(unfinished))
        # The first connection leaves what it read of the catalogs to later ones, in clones too.
        asyncio.run(_connect(self._url(unfinished)))
        asyncio.run(self._execute(f"ALTER DATABASE {unfinished} RENAME TO {self._template}"))

    def _drop_leftovers(self) -> None:
        """Drop databases left by killed runs and by older states of the migrations."""
        for name in asyncio.run(self._names("t%")):
            if name != self._template and not name.startswith((RUN, "template0", "template1")):
                asyncio.run(self._execute(f'DROP DATABASE "{name}" WITH (FORCE)'))

    async def _names(self, pattern: str) -> list[str]:
        query = "SELECT datname FROM pg_database WHERE datname LIKE $1"
        connection = await asyncpg.connect(self._url("postgres"))
        try:
            return [row["datname"] for row in await connection.fetch(query, pattern)]
        finally:
            await connection.close()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class OneTransaction(Database):
    """A database whose connections are all one, inside a transaction; a write is a savepoint."""

    def __init__(self, connection: Transaction) -> None:
        super().__init__("")
        self._connection = connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        yield self._connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Transaction]:
        yield self._connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        async with transaction_on(self._connection):
            yield self._connection

    @asynccontextmanager
    async def brief_write(self) -> AsyncIterator[Transaction]:
        async with self._connection.transaction():
            yield self._connection


async def _connect(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.close()


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """The cluster, which runs at least as long as the block."""
    with EmbeddedPostgres(FOLDER, SETTINGS) as server:
        yield Cluster(server)


@contextmanager
def alone() -> Iterator[None]:
    """Other processes of this run, and of other runs, wait until the block has ended."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "template.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest() -> str:
    """Changes with everything that makes the template."""
    paths = [
        *(ROOT / "migrations").rglob("*.py"),
        *(ROOT / "src/merx/operations").glob("base_data.*"),
    ]
    content = hashlib.sha256()
    for path in sorted(paths):
        content.update(path.read_bytes())
    return content.hexdigest()[:16]
