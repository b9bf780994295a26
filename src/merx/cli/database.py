"""The database for commands: migrated, and in one transaction."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from merx import links
from merx.cli.database_url import database_url
from merx.core.acting import changing
from merx.core.database import Database, Transaction
from merx.core.errors import MerxError
from merx.core.operator_errors import DatabaseUnusable, OperatorError
from merx.core.schema_state import History, State, connected, extension_history, state
from merx.settings import Settings

Result = TypeVar("Result")

# A foreign key column takes its type from the table it refers to, so commands load all tables.
MODELS = (links,)

_BASE_DATA = "base data"


def usable_state(url: str) -> State:
    """The version of the database; fails if this code is too old for it."""
    found = asyncio.run(state(url))
    if found.name == "newer":
        raise DatabaseUnusable(
            f"The database is newer than this Merx, which has no migration {found.revision}: "
            "update Merx"
        )
    return found


def histories(settings: Settings) -> dict[str, History]:
    """The histories of extensions that have migrations, by the extension's name."""
    from merx.extension import load_extensions

    return {
        each.name: extension_history(each.name, each.migrations)
        for each in load_extensions(settings)
        if each.migrations is not None
    }


def missing_migrations(url: str, settings: Settings) -> list[str]:
    """What the database lacks: revisions of Merx itself (`0012`) and of extensions (`loyalty
    0001`), and the base data, if putting it in was interrupted.
    """
    found = usable_state(url)
    missing = found.missing
    if found.name == "current" and not asyncio.run(_has_base_data(url)):
        missing = [*missing, _BASE_DATA]
    for name, history in histories(settings).items():
        found = asyncio.run(state(url, history))
        if found.name == "newer":
            raise DatabaseUnusable(
                f"The database is newer than the extension {name}, which has no migration"
                f" {found.revision}: update it"
            )
        missing = [*missing, *(f"{name} {revision}" for revision in found.missing)]
    return missing


async def _has_base_data(url: str) -> bool:
    """Whether it was put in; the store is part of the same transaction."""
    async with connected(url) as connection:
        return await connection.fetchval("SELECT EXISTS (SELECT 1 FROM store)")


def in_transaction(settings: Settings, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Run `work` in a transaction on the migrated database."""
    with database_url(settings) as url:
        require_current(usable_state(url).missing)
        return run_in_transaction(url, work)


def name_command() -> None:
    """Let the audit log name the command that runs: `merx-import`."""
    words = [word for word in sys.argv[1:2] if word.isascii() and not word.startswith("-")]
    changing.set(f"cli {'-'.join(['merx', *words])}")


def require_current(missing: Sequence[str]) -> None:
    """Fail if migrations or the base data are missing."""
    if list(missing) == [_BASE_DATA]:
        raise DatabaseUnusable("The database lacks its base data: run `merx migrate`")
    if missing:
        raise DatabaseUnusable(f"The database lacks {len(missing)} migrations: run `merx migrate`")


def run_in_transaction(url: str, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Run `work` in a transaction."""

    async def run() -> Result:
        name_command()
        database = Database(url, pool_size=1)
        await database.open()
        try:
            async with database.write() as tx:
                return await work(tx)
        except MerxError as error:
            raise OperatorError(error.message) from error
        finally:
            await database.close()

    return asyncio.run(run())
