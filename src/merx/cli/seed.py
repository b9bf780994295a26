"""`merx seed`: demo data, or a large catalogue."""

import asyncio
import sys
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from merx.settings import Settings

LARGE = 100_000


class Size(StrEnum):
    """The amount of data."""

    SMALL = "small"
    LARGE = "large"


def seed(
    size: Annotated[
        Size, typer.Option(help="small: a demo shop; large: 100,000 products of five variants")
    ] = Size.SMALL,
    products: Annotated[
        int | None, typer.Option(min=1, help="number of products instead of 100,000")
    ] = None,
) -> None:
    """Fill an empty shop with demo products, prices, stock and a region.

    A shop that has products is left alone. `--size large` adds a large catalogue to any shop, which
    takes some minutes; what was written when it is stopped stays.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.operations.demo import seed_demo

    if size is Size.LARGE or products is not None:
        _seed_large(load_settings(), products or LARGE)
        return
    seeded = in_transaction(load_settings(), seed_demo)
    typer.echo(
        "Seeded the demo shop." if seeded else "The shop already has products: nothing was done."
    )


@contextmanager
def _progress(products: int) -> "Generator[Callable[[int], None]]":
    """Progress: a bar in a terminal, a line for each tenth in a file or a pipe."""
    if sys.stdout.isatty():
        with typer.progressbar(length=products, label="Products") as bar:
            yield lambda done: bar.update(done - bar.pos)
        return
    tenths = 0

    def tell(done: int) -> None:
        nonlocal tenths
        if done * 10 // products > tenths:
            tenths = done * 10 // products
            typer.echo(f"Products: {done:,} of {products:,}")

    typer.echo(f"Products: 0 of {products:,}")
    yield tell


def _seed_large(settings: "Settings", products: int) -> None:
    from merx.cli.database import name_command, require_current, usable_state
    from merx.cli.database_url import database_url
    from merx.core.database import Database
    from merx.operations.large_catalogue import VARIANTS, seed_catalogue

    async def write(url: str) -> None:
        name_command()
        database = Database(url, pool_size=1)
        await database.open()
        try:
            with _progress(products) as tell:
                async for done in seed_catalogue(database, products):
                    tell(done)
        finally:
            await database.close()

    with database_url(settings) as url:
        require_current(usable_state(url).missing)
        asyncio.run(write(url))
    typer.echo(f"Wrote {products:,} products with {products * VARIANTS:,} variants.")
