"""`merx migrate`: brings the database to this version."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from merx.core.schema_state import History
    from merx.settings import Settings


def migrate() -> None:
    """Bring the database to this version of Merx, and give it the base data that every shop has.

    Safe to repeat and to run on several machines at once. Run it before a new version serves.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import histories, missing_migrations
    from merx.cli.database_url import database_url

    settings = load_settings()
    with database_url(settings, may_make=True) as url:
        missing = missing_migrations(url, settings)
        migrate_database(url, histories(settings).values())
        if settings.is_pooled:
            prepare_pooling(url, settings)
    typer.echo(f"Migrated: {', '.join(missing)}" if missing else "The database is up to date.")


def migrate_database(url: str, extensions: "Iterable[History]" = ()) -> None:
    """Run the missing migrations, then put in the base data that is missing."""
    from merx.cli.database import run_in_transaction
    from merx.core.migrations import upgrade
    from merx.operations.base_data import install_base_data

    upgrade(url)
    for history in extensions:
        upgrade(url, history)
    run_in_transaction(url, install_base_data)


def prepare_pooling(url: str, settings: "Settings") -> None:
    """Let the server set up each session as Merx would: poolers pass no settings on."""
    from merx.cli.database import run_in_transaction
    from merx.core.database import store_session_settings

    run_in_transaction(url, lambda tx: store_session_settings(tx, settings.lock_seconds))
