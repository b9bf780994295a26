"""`merx import` and `merx export`: products as CSV, without a server."""

import asyncio
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from merx.core.operator_errors import OperatorError

if TYPE_CHECKING:
    from merx.core.database import Database
    from merx.settings import Settings
    from merx.workflows.imports.drafts import Faults, ReadingOptions
    from merx.workflows.imports.reading import Source

# How often progress is reported outside a terminal.
_STEP = 10


class Bar:
    """Progress: a bar in a terminal, otherwise a line for every tenth, in a pipe or a log.

    Written to stderr, since stdout may be the file.
    """

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._told = 0
        self._bar: Any = None
        if sys.stderr.isatty():
            self._bar = typer.progressbar(length=total, label=label, file=sys.stderr)
            self._bar.__enter__()

    def move(self, by: int) -> None:
        """Advance by this many."""
        self._done += by
        if self._bar is not None:
            self._bar.update(by)
            return
        percent = self._done * 100 // self._total if self._total else 100
        if percent >= self._told + _STEP or self._done == self._total:
            self._told = percent
            typer.echo(f"{self._label} {self._done:,} of {self._total:,} ({percent} %)", err=True)

    def end(self) -> None:
        """End the line of the bar."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a CSV file")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what is wrong and what would be done")
    ] = False,
    keep_unknown: Annotated[
        bool, typer.Option("--keep-unknown", help="keep unknown columns in metadata")
    ] = False,
    create_missing: Annotated[
        bool,
        typer.Option("--create-missing", help="make tags, types, collections and categories"),
    ] = False,
    as_new: Annotated[
        bool, typer.Option("--as-new", help="ignore ids, so that all products are new")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="update products whose handle exists")
    ] = False,
    currency: Annotated[
        str, typer.Option(help="currency of prices in files that name none; by default the store's")
    ] = "",
    location: Annotated[
        str, typer.Option(help="location of stock in files that name none: a name or an id")
    ] = "",
) -> None:
    """Import products from a CSV file of Merx or Medusa, Shopify or WooCommerce.

    The whole file is validated first; if anything is wrong, each invalid row is reported and
    nothing is written. An interrupted import continues when the same command is run again.
    """
    from merx.cli.configuration import load_settings
    from merx.workflows.imports.drafts import ReadingOptions

    options = ReadingOptions(
        keep_unknown, create_missing, as_new, update, currency.lower(), location
    )
    with_database(load_settings(), lambda database: _import(database, file, options, dry_run))


async def _import(
    database: "Database", file: Path, options: "ReadingOptions", dry_run: bool
) -> None:
    from merx.core.errors import InvalidData
    from merx.workflows.imports.reading import read_source

    try:
        source = await asyncio.to_thread(read_source, file, options)
    except InvalidData as error:
        raise OperatorError(f"{error.message}{_hint(error.message)}") from error
    try:
        if source.unknown:
            typer.echo(f"Kept in metadata: {', '.join(source.unknown)}", err=True)
        if not source.faults.count:
            await _write(database, file, source, dry_run)
        if source.faults.count:
            _refuse(source.faults)
    finally:
        source.close()


def _hint(message: str) -> str:
    is_unknown = message.startswith("Invalid column name(s)")
    return ". --keep-unknown keeps them in metadata" if is_unknown else ""


async def _write(database: "Database", file: Path, source: "Source", dry_run: bool) -> None:
    from merx.web.error_answers import from_database
    from merx.workflows.imports.imports import Import, end_import, find_begun, request_import
    from merx.workflows.imports.running import check_source, write_source

    digest = await asyncio.to_thread(_digest, file, source.options)
    async with database.read() as tx:
        begun = await find_begun(tx, digest)
    total = source.to_create + source.to_update
    if begun is None or dry_run:
        bar = Bar("Checking", total)
        source.faults = await check_source(database, source, from_database, bar.move)
        bar.end()
    counts = f"{source.to_create:,} to create, {source.to_update:,} to update"
    if dry_run or source.faults.count:
        if not source.faults.count:
            typer.echo(f"No errors: {counts}. Nothing was written.")
        return
    if begun is None:
        async with database.write() as tx:
            given = await request_import(
                tx, source, file_name=file.name, digest=digest, state="running"
            )
        begun = Import(given, None, file.name, "running", 0, total)
    else:
        typer.echo(f"Continuing after {begun.done:,} products already written.", err=True)
    bar = Bar("Writing", total)
    bar.move(begun.done)
    source.faults, done = await write_source(database, source, begun, from_database, bar.move)
    bar.end()
    async with database.write() as tx:
        await end_import(tx, begun, source.faults, done)
    typer.echo(f"{done:,} products are written ({counts}).")


def _digest(file: Path, options: "ReadingOptions") -> str:
    """Identifies an import by the file's contents and the reading options."""
    with file.open("rb") as opened:
        return f"{hashlib.file_digest(opened, 'sha256').hexdigest()} {options}"


def _refuse(faults: "Faults") -> None:
    for one in faults.problems():
        column = f", {one.get('column')}" if one.get("column") else ""
        typer.echo(f"line {one.get('line')}{column}: {one.get('message')}", err=True)
    shown = len(faults.shown)
    more = f"; the first {shown} are shown" if faults.count > shown else ""
    raise OperatorError(f"{faults.count:,} rows are wrong{more}")


def export(
    file: Annotated[Path, typer.Argument(help="where to write; - is standard output")],
    plain: Annotated[
        bool,
        typer.Option("--plain", help="only the columns that a Medusa server writes"),
    ] = False,
) -> None:
    """Export all products to a CSV file, with everything an import accepts."""
    from merx.cli.configuration import load_settings

    with_database(load_settings(), lambda database: _export(database, file, plain=plain))


async def _export(database: "Database", file: Path, *, plain: bool) -> None:
    from merx.api.admin.products.export import read_export
    from merx.workflows.imports.product_csv import write_csv

    asked = read_export("" if plain else "complete=true")
    is_stdout = str(file) == "-"
    # Written to a temporary file and moved into place when complete.
    part = file.with_name(f".{file.name}.part")
    async with database.snapshot() as tx:
        total: int = await tx.fetchval("SELECT count(*) FROM product WHERE deleted_at IS NULL")
        bar = Bar("Products", total)
        parts = write_csv(tx, asked, bar.move)
        if is_stdout:
            async for lines in parts:
                sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        else:
            try:
                with part.open("wb") as opened:
                    async for lines in parts:
                        opened.write(lines)
                part.replace(file)
            except OSError as error:
                raise OperatorError(f"{file}: {error.strerror}") from error
            finally:
                part.unlink(missing_ok=True)
        bar.end()
    typer.echo(f"Wrote {total:,} products.", err=True)


def with_database(
    settings: "Settings", work: Callable[["Database"], Any], *, hooks: bool = False
) -> None:
    """Run work on the shop's database; with `hooks`, those of extensions join what it changes."""
    from merx.cli.database import name_command, require_current, usable_state
    from merx.cli.database_url import database_url
    from merx.core.database import Database, DatabaseAway, DatabaseBusy
    from merx.core.errors import MerxError
    from merx.core.hooks import in_force
    from merx.extension import join_hooks, load_extensions

    async def run(url: str) -> None:
        name_command()
        database = Database(url, pool_size=2)
        await database.open()
        if hooks:
            in_force.set(join_hooks(load_extensions(settings)))
        try:
            await work(database)
        except MerxError as error:
            raise OperatorError(error.message) from error
        except (DatabaseAway, DatabaseBusy) as error:
            raise OperatorError(
                "The database went away; run the same command again to continue"
            ) from error
        finally:
            await database.close()

    with database_url(settings) as url:
        require_current(usable_state(url).missing)
        asyncio.run(run(url))
