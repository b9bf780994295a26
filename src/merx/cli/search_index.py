"""`merx search-index`: makes `q` fast on very long lists."""

import asyncio
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from merx.operations.search_indexes import Tell, TrigramIndex

app = typer.Typer(
    help="Trigram indexes, which make `q` fast on very long lists.", no_args_is_help=True
)


@app.command("create")
def create() -> None:
    """Make the indexes that are missing, while the shop is used.

    They need the extension pg_trgm, which is installed into the database where it can be. Safe to
    repeat: one that broke off is made anew. Each write of a product, variant, item or customer
    takes a little longer afterwards.
    """
    from merx.operations.search_indexes import create_trigram_indexes

    _run(create_trigram_indexes)


@app.command("drop")
def drop() -> None:
    """Remove them again, while the shop is used."""
    from merx.operations.search_indexes import drop_trigram_indexes

    _run(drop_trigram_indexes)


def _run(work: "Callable[[str, Tell], Coroutine[None, None, None]]") -> None:
    from merx.cli.configuration import load_settings
    from merx.cli.database import missing_migrations, require_current
    from merx.cli.database_url import database_url

    settings = load_settings()
    with database_url(settings) as url:
        require_current(missing_migrations(url, settings))
        asyncio.run(work(url, _tell))


def _tell(index: "TrigramIndex", doing: str, percent: float | None) -> None:
    done = "" if percent is None else f"  {percent:.0f} %"
    typer.echo(f"{index.name}: {doing}{done}")
