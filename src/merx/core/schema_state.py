"""The version of a database's schema.

The history is one line: the files in migrations/versions are numbered and a revision's id is its
number. So the state can be told from file names and one SELECT at every start, without Alembic.

A schema that is ahead of this code can still be worked on, unless a migration took away what older
code needs. Such a one names the oldest revision whose code does without (`oldest_code`), and the
database keeps that as the comment of its table of versions (docs/decisions/0023).
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import asyncpg

import merx
from merx.core.hosts import connect
from merx.core.operator_errors import DatabaseUnusable

if TYPE_CHECKING:
    from sqlalchemy import Connection

OLDEST_POSTGRESQL = 15

_PACKAGE = Path(merx.__file__).parent


@dataclass(frozen=True)
class State:
    """Where a database stands. `missing` are the revisions that it lacks.

    `ahead`: it has migrations that this code does not know, and can be worked on nevertheless;
    `newer`: it cannot.
    """

    name: Literal["empty", "behind", "current", "ahead", "newer"]
    revision: str | None
    missing: list[str]


def folder() -> Path:
    """The folder of migrations: beside the code when installed, at the root of a checkout."""
    installed = _PACKAGE / "migrations"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "migrations"


@dataclass(frozen=True, slots=True)
class History:
    """A linear history of migrations: its files, and the table that stores a database's revision.

    Each extension has its own, so histories do not depend on each other.
    """

    folder: Path
    table: str = "alembic_version"


OWN = History(folder() / "versions")


def extension_history(name: str, versions: Path) -> History:
    """The history of an extension."""
    return History(versions, f"alembic_version_{name.replace('-', '_')}")


def revisions(history: History = OWN) -> list[str]:
    """All revisions, oldest first."""
    return sorted(path.name.partition("_")[0] for path in history.folder.glob("[0-9]*.py"))


async def state(url: str, history: History = OWN) -> State:
    """The version of the database; fails if it cannot be reached or is too old to be used."""
    async with connected(url) as connection:
        major = connection.get_server_version().major
        if major < OLDEST_POSTGRESQL:
            raise DatabaseUnusable(
                f"The database is PostgreSQL {major}: Merx needs {OLDEST_POSTGRESQL} or newer"
            )
        table = f'"{history.table}"'
        revision = oldest_code = None
        if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table):
            revision = await connection.fetchval(f"SELECT version_num FROM {table}")
            oldest_code = await connection.fetchval(
                "SELECT obj_description(to_regclass($1), 'pg_class')", table
            )
    return _state(revision, oldest_code, revisions(history))


def remember_oldest_code(connection: "Connection", table: str, revision: str) -> None:
    """Let the database say that code without `revision` cannot work on it any more."""
    if not revision.isalnum():
        raise ValueError(f"oldest_code = {revision!r} is no revision")
    connection.exec_driver_sql(f"COMMENT ON TABLE \"{table}\" IS '{revision}'")


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A separate connection; fails if the database cannot be reached."""
    try:
        connection = await connect(url, timeout=10)
    except (
        OSError,
        TimeoutError,
        ValueError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as error:
        raise DatabaseUnusable(_why_not(error)) from error
    try:
        yield connection
    finally:
        await connection.close()


def _why_not(error: Exception) -> str:
    """What is wrong, distinguished by what the operator must do."""
    said = str(error) or "no answer within 10 seconds"
    for kinds, words in _CAUSES:
        if isinstance(error, kinds):
            return f"{words}: {said}"
    return f"The database cannot be reached: {said}"


_CAUSES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (asyncpg.InvalidCatalogNameError,),
        "The server is running, but the database does not exist (createdb creates one)",
    ),
    (
        (asyncpg.InvalidAuthorizationSpecificationError,),
        "The server refuses the role or its password",
    ),
    ((asyncpg.InsufficientPrivilegeError,), "The role has no access to the database"),
    ((asyncpg.TooManyConnectionsError,), "The server has no free connections"),
    ((asyncpg.CannotConnectNowError,), "The server is starting or stopping: try again"),
    # A URL with another scheme, or one that cannot be parsed.
    (
        (asyncpg.InterfaceError, ValueError),
        "MERX_DATABASE_URL must be postgresql://user:password@host/name",
    ),
)


def _state(revision: str | None, oldest_code: str | None, known: list[str]) -> State:
    if revision is None:
        return State("empty", None, known)
    if revision not in known:
        can_work = revision > known[-1] and (oldest_code or revision) <= known[-1]
        return State("ahead" if can_work else "newer", revision, [])
    missing = known[known.index(revision) + 1 :]
    return State("behind" if missing else "current", revision, missing)
