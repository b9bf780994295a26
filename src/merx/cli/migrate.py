"""`merx migrate`: brings the database to this version."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from merx.core.schema_state import History
    from merx.operations.migration_plan import PlannedMigration, Touched
    from merx.settings import Settings

Plan = Annotated[
    bool,
    typer.Option(
        "--plan", help="Change nothing: print the SQL that is missing, and the locks it takes."
    ),
]


def migrate(plan: Plan = False) -> None:
    """Bring the database to this version of Merx, and give it the base data that every shop has.

    Safe to repeat and to run on several machines at once, and while the version before serves. Run
    it before a new version serves.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import histories, missing_migrations
    from merx.cli.database_url import database_url

    settings = load_settings()
    with database_url(settings, may_make=not plan) as url:
        missing = missing_migrations(url, settings)
        if plan:
            _print_plan(url, settings)
            return
        migrate_database(url, histories(settings).values())
        if settings.is_pooled:
            prepare_pooling(url, settings)
    typer.echo(f"Migrated: {', '.join(missing)}" if missing else "The database is up to date.")


def migrate_database(url: str, extensions: "Iterable[History]" = ()) -> None:
    """Run the missing migrations, then put in the base data that is missing."""
    import asyncio

    from merx.cli.database import run_in_transaction
    from merx.core.schema_state import OWN, state
    from merx.operations.base_data import install_base_data

    for history in (OWN, *extensions):
        if asyncio.run(state(url, history)).missing:
            from merx.core.migrations import upgrade

            upgrade(url, history)
    run_in_transaction(url, install_base_data)


def prepare_pooling(url: str, settings: "Settings") -> None:
    """Let the server set up each session as Merx would: poolers pass no settings on."""
    from merx.cli.database import run_in_transaction
    from merx.core.database import store_session_settings

    run_in_transaction(
        url,
        lambda tx: store_session_settings(
            tx,
            settings.lock_seconds,
            generic_plans=settings.generic_plans,
            is_audited=settings.audit,
        ),
    )


def _print_plan(url: str, settings: "Settings") -> None:
    import asyncio

    from merx.cli.database import histories
    from merx.core.schema_state import OWN, state
    from merx.operations.migration_plan import plan, read_sizes

    known = (OWN, *histories(settings).values())
    states = {history: asyncio.run(state(url, history)) for history in known}
    planned = plan({history: (one.revision, one.missing) for history, one in states.items()})
    if not planned:
        typer.echo("The database is up to date.")
        return
    sizes = asyncio.run(read_sizes(url))
    for migration in planned:
        typer.echo(f"-- {migration.name}\n")
        for step in migration.steps:
            typer.echo(f"{step.sql};")
            for touched in step.touched:
                typer.echo(f"--   {_words(touched, sizes.get(touched.table))}")
        typer.echo(_verdict(migration))


def _words(touched: "Touched", size: str | None) -> str:
    from merx.operations.migration_plan import WAITING

    waiting = WAITING.get(touched.lock, "nobody waits")
    done = [
        words
        for words, holds in (
            (", reads all of it", touched.is_read),
            (", writes it anew", touched.is_rewritten),
        )
        if holds
    ]
    return f"{touched.lock} on {touched.table} ({size or 'new'}): {waiting}{''.join(done)}"


def _verdict(migration: "PlannedMigration") -> str:
    if migration.blocks:
        held = ", ".join(migration.blocks)
        return f"-- Others wait while it reads or writes whole tables and holds: {held}\n"
    return "-- Nobody waits for longer than a moment\n"
