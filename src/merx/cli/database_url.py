"""The database for commands: reachable, and stopped afterwards if it is the embedded one.

The process that supervises workers stays small: nothing here loads the shop.
"""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event
from urllib.parse import urlsplit

import typer

from merx.core.embedded import EmbeddedPostgres, kept_running
from merx.core.logs import configure_logs
from merx.core.operator_errors import DatabaseUnusable, EmbeddedError, OperatorError
from merx.settings import Settings


@contextmanager
def database_url(
    settings: Settings, *, may_make: bool = False, is_told: bool = True
) -> Generator[str]:
    """The URL of the configured database, or of the embedded one, which runs while the block does.

    Bypasses a pooler: commands and migrations need a session. The database is named on stderr,
    unless the command does so itself. A missing embedded database is created only by commands with
    `may_make`: in the wrong folder, the others would work on an empty shop.
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
    with _embedded(settings) as url:
        yield url


@contextmanager
def _embedded(settings: Settings) -> Generator[str]:
    # Of what keeps the server running.
    configure_logs(level=settings.log_level, form=settings.log_format)
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    server.acquire()
    given_up = Event()

    def give_up() -> None:
        given_up.set()
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        with kept_running(server, give_up):
            yield server.url()
    finally:
        # A second Ctrl-C must not leave the server running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        server.release()
    if given_up.is_set():
        # So that the exit status says so, and whoever runs the shop may start it again.
        raise EmbeddedError(f"The embedded PostgreSQL keeps crashing: see {server.log}")


def _tell(place: str, is_told: bool) -> None:
    if is_told:
        typer.echo(f"Database: {place}", err=True)


def _place(url: str) -> str:
    """A URL for display: without password and without options that may contain one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "MERX_DATABASE_URL"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _make_data_folder(settings: Settings) -> None:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        # Keeps data and secrets out of the repository when Merx runs in a checkout.
        (settings.data_dir / ".gitignore").write_text("*\n")
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror} (MERX_DATA_DIR)") from error
