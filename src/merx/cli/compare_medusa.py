"""`merx compare-medusa`: reads two shops over HTTP and reports their differences."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from merx.core.operator_errors import OperatorError

if TYPE_CHECKING:
    from merx.operations.moving.compare import Compared


def compare_medusa(
    url: Annotated[str, typer.Argument(metavar="MEDUSA_URL", help="URL of the other shop.")],
    key: Annotated[
        str,
        typer.Option(envvar="SECRET_API_KEY", help="A secret API key that is valid in both shops."),
    ],
    here: Annotated[str, typer.Option(help="URL of this shop.")] = "http://localhost:9000",
    singles: Annotated[
        int, typer.Option(min=0, help="Rows of each list to also read one by one.")
    ] = 20,
) -> None:
    """Read all lists of two running shops, and single rows, and show the differences.

    After `merx import-medusa`, a secret key of the Medusa shop is valid in both.
    """
    compared = asyncio.run(_compare(url, here, key, singles))
    unequal = [one for one in compared if one.differences]
    places = Counter(
        f"{one.path.partition('?')[0]}: {each.place}" for one in unequal for each in one.differences
    )
    for one in unequal[:_MOST]:
        first, more = one.differences[0], len(one.differences) - 1
        typer.echo(f"{one.path}  {first.place}: {first.there} there, {first.here} here", nl=False)
        typer.echo(f" (and {more} more)" if more else "")
    typer.echo(f"{len(compared) - len(unequal):,} answers are equal, {len(unequal):,} differ.")
    if unequal:
        raise OperatorError(f"{sum(places.values()):,} differences")


_MOST = 100


async def _compare(url: str, here: str, key: str, singles: int) -> "list[Compared]":
    import httpx2

    from merx.operations.moving.compare import Shops, compare_shops

    async with (
        httpx2.AsyncClient(base_url=url, auth=(key, ""), timeout=60) as there,
        httpx2.AsyncClient(base_url=here, auth=(key, ""), timeout=60) as own,
    ):
        return [one async for one in compare_shops(Shops(there, own), singles)]
