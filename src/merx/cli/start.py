"""`merx start`: everything from the command line to a running shop."""

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from merx.cli.failures import failures_told
from merx.core.operator_errors import OperatorError

if TYPE_CHECKING:
    from merx.cli.demo import Login
    from merx.settings import Settings


def start(
    host: Annotated[
        str | None, typer.Option(help="Address to serve on.  [MERX_HOST: localhost]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to serve on; 0 takes a free one.  [MERX_PORT: 9000]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that answer requests.  [MERX_WORKERS: 1]")
    ] = None,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Migrate the database to this version first.")
    ] = False,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Migrate; give an empty shop demo products and an admin user."),
    ] = False,
) -> None:
    """Serve the shop until Ctrl-C or SIGTERM.

    The embedded PostgreSQL (without MERX_DATABASE_URL) is started, migrated and stopped with it. An
    external database is migrated only with --migrate or --demo; otherwise a start on an older
    schema is refused, so that no machine migrates it while others are serving.
    """
    from merx.cli.configuration import load_serving_settings
    from merx.cli.database_url import database_url
    from merx.cli.sockets import bind, url

    _stop_like_ctrl_c()
    settings = load_serving_settings(host=host, port=port, workers=workers)
    if demo and settings.mode == "production":
        raise OperatorError("--demo: demo data is refused in production")
    sockets = bind(settings.host, settings.port)
    if settings.workers == 1:
        # Load the app while the database starts.
        Thread(target=import_module, args=("merx.app",), daemon=True).start()
    with ExitStack() as held:
        # The server closes them, but a start may fail before that.
        for one in sockets:
            held.enter_context(one)
        database = held.enter_context(database_url(settings, may_make=True, is_told=False))
        from merx.cli.serve import serve

        may_migrate = migrate or demo or settings.database_url is None
        login = _prepared(database, settings, may_migrate, demo)
        serving = settings.model_copy(update={"database_url": settings.database_url or database})
        address = url(settings, sockets)
        serve(serving, sockets, lambda: _greet(settings, address, login))


def _prepared(url: str, settings: "Settings", may_migrate: bool, demo: bool) -> "Login | None":
    """Prepare the database; with workers, in a separate process that ends, so that the supervisor
    does not keep what it loaded.
    """
    if settings.workers == 1:
        return _prepare(url, settings, may_migrate, demo)
    from merx.cli.orphans import end_with_parent

    with ProcessPoolExecutor(1, get_context("spawn"), end_with_parent) as another:
        return another.submit(_prepare_apart, url, settings, may_migrate, demo).result()


def _prepare_apart(url: str, settings: "Settings", may_migrate: bool, demo: bool) -> "Login | None":
    # What the driver raises would lose its cause on the way to the other process.
    with failures_told():
        return _prepare(url, settings, may_migrate, demo)


def _prepare(url: str, settings: "Settings", may_migrate: bool, demo: bool) -> "Login | None":
    from merx.cli.database import histories, missing_migrations, require_current

    missing = missing_migrations(url, settings)
    if not may_migrate:
        require_current(missing)
    if missing:
        from merx.cli.migrate import migrate_database

        typer.echo("Preparing the database …")
        migrate_database(url, histories(settings).values())
    if may_migrate and settings.is_pooled:
        from merx.cli.migrate import prepare_pooling

        prepare_pooling(url, settings)
    if not demo:
        return None
    from merx.cli.demo import prepare_demo

    return prepare_demo(url)


def _greet(settings: "Settings", address: str, login: "Login | None") -> None:
    from merx.operations.dashboard.installed import is_installed

    place = f"in {settings.data_dir}" if settings.database_url is None else "in MERX_DATABASE_URL"
    typer.echo(
        f"\nMerx runs on {address} - its data {place}\nAPI pages: {address}/docs   Stop: Ctrl-C"
        f"{_how_to_call()}"
    )
    if is_installed(settings.dashboard):
        typer.echo(f"Dashboard: {address}/app")
    else:
        typer.echo("Dashboard: merx dashboard install")
    if login is not None:
        typer.echo(login.explanation(address))


def _how_to_call() -> str:
    """How to put `merx` on the path, if it is not there.

    The shell in which `make start` was run.
    """
    from shutil import which

    activate = Path(sys.prefix) / "bin" / "activate"
    if which("merx") or not activate.exists():
        return ""
    return f"\nTo have `merx` in a shell:  . {os.path.relpath(activate)}"


def _stop_like_ctrl_c() -> None:
    """Handle SIGTERM like Ctrl-C at any moment, so that the embedded database is stopped too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
