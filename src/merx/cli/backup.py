"""`merx backup` and `merx restore`: dump the database to a file and restore it."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from merx.core.operator_errors import OperatorError


def backup(
    file: Annotated[
        Path, typer.Argument(help="The file to write; it contains all data, so keep it safe.")
    ],
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite the file.")] = False,
) -> None:
    """Write the whole database to a file, as a consistent snapshot; the shop may keep running.

    Uploaded files (MERX_FILES) and the secrets in MERX_DATA_DIR are not included: copy them too.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import usable_state
    from merx.cli.database_url import database_url
    from merx.operations.backup import write_backup

    if file.exists() and not replace:
        raise OperatorError(f"{file} already exists; use --replace to overwrite it")
    with database_url(load_settings()) as url:
        if usable_state(url).name == "empty":
            raise OperatorError("The database is empty: there is nothing to back up")
        size = write_backup(url, file)
    typer.echo(f"Wrote {file} ({size / 1e6:.1f} MB).")


def restore(
    file: Annotated[Path, typer.Argument(help="A file of `merx backup`.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete everything the database contains now.")
    ] = False,
) -> None:
    """Restore a database from a file of `merx backup`, completely or, on an error, not at all.

    The database must be empty, or --replace given, and no shop may be running on it.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import missing_migrations
    from merx.cli.database_url import database_url
    from merx.operations.backup import restore_backup, revision_of

    settings = load_settings()
    revision_of(file)
    with database_url(settings, may_make=True) as url:
        asyncio.run(_require_free(url, replace))
        restore_backup(url, file)
        missing = missing_migrations(url, settings)
    typer.echo(f"Restored {file}.")
    if missing:
        typer.echo(
            f"It was written by an older Merx and lacks {len(missing)} migrations: run merx migrate"
        )


async def _require_free(url: str, replace: bool) -> None:
    from merx.core.schema_state import connected

    async with connected(url) as connection:
        tables = await connection.fetchval(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
        others = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
    if tables and not replace:
        raise OperatorError("The database is not empty; use --replace to delete everything in it")
    if others:
        raise OperatorError("The database is in use: stop the shop that runs on it first")
