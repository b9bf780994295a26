"""Products as CSV: a row per variant.

The columns depend on what the products have, so rows wait in a temporary file until all are read:
memory does not grow with the catalogue, and the shop is read once.
"""

import asyncio
import csv
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import IO

from merx.core.database import Transaction
from merx.core.shapes import Json
from merx.links import GRAPH
from merx.query.plan import Plan
from merx.query.run import read_all
from merx.workflows.imports.csv_columns import Columns, Exact, Places

AT_ONCE = 100

_REGIONS = "SELECT id, name, currency_code FROM region WHERE deleted_at IS NULL"
_LOCATIONS = (
    'SELECT id, name FROM stock_location WHERE deleted_at IS NULL ORDER BY name COLLATE "C", id'
)

_EVERYTHING = (
    "id, handle, title, subtitle, status, external_id, description, is_giftcard, discountable,"
    " thumbnail, collection_id, type_id, weight, length, height, width, hs_code, origin_country,"
    " mid_code, material, created_at, updated_at, deleted_at, metadata, options.id, options.title,"
    " options.is_exclusive, options.values.value, tags.value, images.url, categories.id,"
    " sales_channels.id, shipping_profile.id, *variants, *variants.prices, *variants.options,"
    " variants.images.url, variants.inventory_items.required_quantity,"
    " variants.inventory.location_levels.location_id,"
    " variants.inventory.location_levels.stocked_quantity,"
    " variants.inventory.location_levels.deleted_at"
)


def every_field() -> str:
    """The fields that an import accepts."""
    return _EVERYTHING


@dataclass(frozen=True, slots=True)
class ProductExport:
    """Which products to write, and which fields; `is_complete`: everything an import accepts, more
    than the reference writes.
    """

    plan: Plan
    is_complete: bool = False


async def write_csv(
    tx: Transaction, export: ProductExport, progress: Callable[[int], None] | None = None
) -> AsyncIterator[bytes]:
    """The file in chunks; empty without products, as on the reference."""
    columns = Columns(export.plan.root, await _places(tx), is_complete=export.is_complete)
    with tempfile.TemporaryFile() as spool:
        async for rows in read_all(tx, GRAPH, export.plan, at_once=AT_ONCE):
            await asyncio.to_thread(_absorb, spool, columns, rows)
            if progress is not None:
                progress(len(rows))
        spool.seek(0)
        products = _products(spool)
        first = True
        while lines := await asyncio.to_thread(_render, columns, products, first):
            first = False
            yield lines


async def _places(tx: Transaction) -> Places:
    regions = {record[0]: (record[1], record[2]) for record in await tx.fetch(_REGIONS)}
    locations = [(record[0], record[1]) for record in await tx.fetch(_LOCATIONS)]
    return Places(regions, locations)


def _absorb(spool: IO[bytes], columns: Columns, rows: Iterable[bytes]) -> None:
    for row in rows:
        text = row.encode() if isinstance(row, str) else row
        columns.note(_parsed(text))
        # One line each: PostgreSQL breaks lines between values, and writes \\n inside them.
        spool.write(text.replace(b"\n", b" ") + b"\n")


def _products(spool: IO[bytes]) -> Iterator[Json]:
    return (_parsed(line) for line in spool)


def _parsed(row: bytes) -> Json:
    """Numbers stay text, as floats would round amounts."""
    return json.loads(row, parse_int=Exact, parse_float=Exact)


def _render(columns: Columns, products: Iterator[Json], first: bool) -> bytes:
    """The rows of the next products, after the header if they are the first."""
    found = list(islice(products, AT_ONCE))
    if not found:
        return b""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if first:
        writer.writerow(columns.head())
    for product in found:
        writer.writerows(columns.lines(product))
    return text.getvalue().encode()
