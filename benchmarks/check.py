"""Checks that the floor does the same work as Merx: responses and written rows must be equal."""

from typing import Any

import orjson

from benchmarks import goods
from benchmarks.floor import new_id, variant_rows
from benchmarks.sides import LISTED, OnSQL, Shelf
from benchmarks.wire import Connection

_TABLES = (
    "product_variant", "product_variant_option", "price_set", "price", "inventory_item",
    "product_variant_inventory_item", "event",
)  # fmt: skip
_COUNT = 3


async def check_floor(floor: OnSQL, merx: Connection, own: Shelf, theirs: Shelf) -> None:
    """Raise if the floor's JSON, or the numbers of rows that it writes, differ from Merx's."""
    await _check_reads(floor, merx, theirs)
    path = f"/admin/products/{theirs.wide}/variants/batch"
    before = await _rows(floor)
    body = {"create": goods.variants(_COUNT, new_id("check"))}
    created = (await merx.call("POST", path, body)).json()["created"]
    between = await _rows(floor)
    ids = [variant["id"] for variant in created]
    _same("created variants", orjson.loads(await floor.floor.get_variants(ids)), created)
    await merx.call("POST", path, {"delete": ids})

    values = await floor.floor.offered_values(own.wide)
    rows = variant_rows(goods.variants(_COUNT, new_id("check")), values)
    start = await _rows(floor)
    await floor.floor.create_variants(
        own.wide, rows, lambda: floor.floor.get_variants(rows.variant_ids)
    )
    end = await _rows(floor)
    await floor.floor.delete_variants(own.wide, rows.variant_ids)
    for table in _TABLES:
        _same(f"rows in {table}", end[table] - start[table], between[table] - before[table])


async def _check_reads(floor: OnSQL, merx: Connection, shelf: Shelf) -> None:
    for product_id in (shelf.single, shelf.large):
        answer = await merx.call("GET", f"/admin/products/{product_id}")
        bare = orjson.loads(await floor.floor.get_product(product_id))
        _same("a product", bare, answer.json()["product"])
    if shelf.buyer is not None:
        answer = await merx.call("GET", shelf.buyer.path)
        bare = orjson.loads(await floor.floor.get_prices(shelf.buyer))
        _same("prices", bare, answer.json()["product"])
    listed = (await merx.call("GET", f"/admin/products?limit={LISTED}")).json()
    page = orjson.loads(await floor.floor.list_products(LISTED))
    _same("a page of products", page, {name: listed[name] for name in page})


async def _rows(floor: OnSQL) -> dict[str, int]:
    """Row counts by table, including deleted rows."""
    fetch = floor.floor.connection.fetchval
    return {table: await fetch(f"SELECT count(*) FROM {table}") for table in _TABLES}


def _same(what: str, bare: Any, merx: Any) -> None:
    if bare != merx:
        raise RuntimeError(f"The floor is not the same work: {what}\n{bare!s:.600}\n{merx!s:.600}")
