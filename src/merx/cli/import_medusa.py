"""`merx import-medusa`: copies a shop from Medusa's database into this one."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from merx.core.operator_errors import OperatorError

if TYPE_CHECKING:
    from merx.operations.moving.move import Report


def import_medusa(
    url: Annotated[
        str, typer.Argument(metavar="DATABASE_URL", help="The PostgreSQL of a Medusa 2.21 shop.")
    ],
) -> None:
    """Copy a Medusa shop into an empty Merx: catalogue, stock, orders, customers and users.

    Ids, times, passwords and keys are kept. The Medusa database is only read; it should not be
    changed meanwhile. An interrupted copy continues when started again. Rows that could not be
    copied are reported.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import histories, missing_migrations
    from merx.cli.database_url import database_url
    from merx.cli.migrate import migrate_database

    settings = load_settings()
    with database_url(settings) as target:
        if missing_migrations(target, settings):
            migrate_database(target, histories(settings).values())
        report = asyncio.run(_move(url, target))
    _print(report)


async def _move(url: str, target_url: str) -> "Report":
    import asyncpg

    from merx.core.schema_state import connected
    from merx.operations.moving.move import make_plan, move
    from merx.operations.moving.source import reading

    parts = urlsplit(url)
    origin = f"{parts.hostname or ''}:{parts.port or ''}{parts.path}"
    try:
        async with reading(url) as source, connected(target_url) as target:
            plan = await make_plan(source, target)
            # Each row is read and written; carts and orders also get their totals.
            with typer.progressbar(length=plan.rows * 2, label="Moving", file=sys.stderr) as bar:
                return await move(source, target, plan, origin, lambda _, rows: bar.update(rows))
    except asyncpg.PostgresError as error:
        raise OperatorError(
            f"The move was interrupted; run the command again to continue: {error}"
        ) from error


def _print(report: "Report") -> None:
    from merx.operations.moving.differences import LEFT

    for table, rows in sorted(report.taken.items()):
        if rows:
            typer.echo(f"{rows:>10,} {table}")
    if report.left:
        typer.echo("\nNot taken:")
    for table, rows in report.left.items():
        typer.echo(f"{rows:>10,} {table}: {LEFT.get(table, 'not a table of Medusa 2.21')}")
    for one in report.refusals:
        shown = ", ".join(one.ids) + (", …" if one.count > len(one.ids) else "")
        typer.echo(f"{one.count:>10,} {one.table}: {one.reason} ({shown})")
