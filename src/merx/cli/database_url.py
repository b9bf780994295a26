"""The database as commands need it: reachable, and stopped again if it is Merx's own.

The process that only watches over workers stays small: nothing here loads the shop.
"""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import typer

from merx.core.embedded import EmbeddedPostgres, kept_running
from merx.core.operator_errors import DatabaseUnusable, OperatorError
from merx.settings import Settings


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


def _make_data_folder(settings: Settings) -> None:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        # Data and secrets stay out of the repository of whoever runs Merx in a checkout.
        (settings.data_dir / ".gitignore").write_text("*\n")
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror} (MERX_DATA_DIR)") from error
