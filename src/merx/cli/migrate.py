"""`merx migrate`: brings the database to this version."""

import typer


def migrate() -> None:
    """Bring the database to this version of Merx, and give it the base data that every shop has.

    Safe to repeat and to run on several machines at once. Run it before a new version serves.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import database_url, usable_state

    with database_url(load_settings()) as url:
        missing = usable_state(url).missing
        migrate_database(url)
    typer.echo(f"Migrated: {', '.join(missing)}" if missing else "The database is up to date.")


def migrate_database(url: str) -> None:
    """Run the missing migrations, then put in the base data that is missing."""
    from merx.cli.database import run_in_transaction
    from merx.core.migrations import upgrade
    from merx.operations.base_data import install_base_data

    upgrade(url)
    run_in_transaction(url, install_base_data)
