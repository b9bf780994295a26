"""The database as commands need it: reachable, new enough, stopped again if it is Merx's own."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import typer

from merx import links
from merx.core.database import Database, Transaction
from merx.core.embedded import EmbeddedPostgres, kept_running
from merx.core.errors import MerxError
from merx.core.operator_errors import DatabaseUnusable, OperatorError
from merx.core.schema_state import History, State, extension_history, state
from merx.settings import Settings

Result = TypeVar("Result")

# A column that refers to another table takes its type from there: commands load all tables.
MODELS = (links,)


@contextmanager
def database_url(
    settings: Settings, *, may_make: bool = False, is_told: bool = True
) -> Generator[str]:
    """The URL of the configured database, or of the embedded one, which runs with the block.

    Past a pooler: commands and migrations keep a session. Which database it is stands on stderr,
    unless the command tells itself. An embedded one that is not there is made only by a command
    that is meant to (`may_make`): in a wrong folder the others would work on an empty shop.
    """
    configured = settings.direct_database_url or settings.database_url
    if configured is not None:
        _tell(_place(configured), is_told)
        yield configured
        return
    if not may_make and not (settings.data_dir / "postgres" / "data").exists():
        raise DatabaseUnusable(
            f"There is no shop in {settings.data_dir}: go to the folder where it was started, set"
            " MERX_DATA_DIR or MERX_DATABASE_URL, or make one here with `merx migrate`"
        )
    _tell(f"in {settings.data_dir}", is_told)
    _make_data_folder(settings)
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    server.acquire()
    try:
        with kept_running(server, lambda: os.kill(os.getpid(), signal.SIGTERM)):
            yield server.url()
    finally:
        # An impatient second Ctrl-C must not leave the server running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        server.release()


def _tell(place: str, is_told: bool) -> None:
    if is_told:
        typer.echo(f"Database: {place}", err=True)


def _place(url: str) -> str:
    """A URL as it may be shown: without a password, and without options that may hold one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "MERX_DATABASE_URL"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def usable_state(url: str) -> State:
    """Where the database stands; fails when this code is too old for it."""
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
    """What the database lacks: of Merx itself (`0012`) and of extensions (`loyalty 0001`)."""
    missing = usable_state(url).missing
    for name, history in histories(settings).items():
        found = asyncio.run(state(url, history))
        if found.name == "newer":
            raise DatabaseUnusable(
                f"The database is newer than the extension {name}, which has no migration"
                f" {found.revision}: update it"
            )
        missing = [*missing, *(f"{name} {revision}" for revision in found.missing)]
    return missing


def in_transaction(settings: Settings, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Run `work` in one transaction of its own on the migrated database."""
    with database_url(settings) as url:
        require_current(usable_state(url).missing)
        return run_in_transaction(url, work)


def require_current(missing: Sequence[str]) -> None:
    """Fail when migrations are missing."""
    if missing:
        raise DatabaseUnusable(f"The database lacks {len(missing)} migrations: run `merx migrate`")


def run_in_transaction(url: str, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Run `work` in one transaction of its own."""

    async def run() -> Result:
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


def _make_data_folder(settings: Settings) -> None:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        # Data and secrets stay out of the repository of whoever runs Merx in a checkout.
        (settings.data_dir / ".gitignore").write_text("*\n")
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror} (MERX_DATA_DIR)") from error
