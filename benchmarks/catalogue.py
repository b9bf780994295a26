"""Reads of a large catalogue: `merx seed --size large`, then pages, filters and a search.

The same queries go to Merx over HTTP and, as hand-written SQL, to the database. Both must return
the same result before they are measured.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks import floor_sql, server
from benchmarks.cpu import cpu_of_floor, cpu_of_merx
from benchmarks.floor import connect
from benchmarks.measure import Series, Table
from benchmarks.sides import LISTED, Sample
from benchmarks.wire import Connection, log_in
from merx import links
from merx.core.database import Database
from merx.core.errors import MerxError
from merx.operations.large_catalogue import seed_catalogue

# A foreign key column takes its type from the other table, so writes need all tables.
TABLES = links.GRAPH
_TIMES = 12
_COUNTED = "SELECT id FROM product p WHERE p.deleted_at IS NULL"
_FOUND = "p.id IN (SELECT {column} FROM {table} WHERE {where})"


@dataclass(frozen=True, slots=True)
class Question:
    """A path of Merx, and the condition, offset and values of the SQL for the same page."""

    path: str
    where: str
    values: tuple[Any, ...]
    offset: int = 0

    @property
    def sql(self) -> str:
        """The page as JSON, and the count of all."""
        where = f"p.deleted_at IS NULL AND {self.where}"
        page = f"SELECT * FROM product p WHERE {where} ORDER BY id LIMIT {LISTED}"
        return (
            f"SELECT coalesce((SELECT json_agg(r) FROM (SELECT {floor_sql.PRODUCT}"
            f" FROM ({page} OFFSET {self.offset}) p ORDER BY p.id) r), '[]'),"
            f" (SELECT count(*) FROM product p WHERE {where})"
        )


def questions(found: Mapping[str, str], products: int) -> dict[str, Question]:
    """Row → query; `found` has the ids of a category, a tag and a sales channel, and a sku."""
    in_category = _FOUND.format(
        column="product_id", table="product_category_product", where="product_category_id = $1"
    )
    with_tag = _FOUND.format(column="product_id", table="product_tags", where="product_tag_id = $1")
    sold = _FOUND.format(
        column="product_id", table="product_sales_channel", where="sales_channel_id = $1"
    )
    with_sku = _FOUND.format(
        column="product_id", table="product_variant", where="sku = $1 AND deleted_at IS NULL"
    )
    with_word = (
        "p.id IN (SELECT id FROM product WHERE title ILIKE $1 OR subtitle ILIKE $1"
        " OR description ILIKE $1 OR handle ILIKE $1 UNION SELECT product_id FROM product_variant"
        " WHERE deleted_at IS NULL AND (title ILIKE $1 OR sku ILIKE $1 OR barcode ILIKE $1"
        " OR ean ILIKE $1 OR upc ILIKE $1))"
    )
    category, tag, channel, sku = (found[key] for key in ("category", "tag", "channel", "sku"))
    return {
        "list the first 50": Question("", "true", ()),
        "list 50 from the middle": Question(
            f"offset={products // 2}", "true", (), offset=products // 2
        ),
        "list by a variant's sku": Question(f"variants[sku]={sku}", with_sku, (sku,)),
        "list a category": Question(f"category_id={category}", in_category, (category,)),
        "list by tag": Question(f"tag_id={tag}", with_tag, (tag,)),
        "list a sales channel, all": Question(f"sales_channel_id={channel}", sold, (channel,)),
        "search for a sku": Question(f"q={sku}", with_word, (f"%{sku}%",)),
    }


async def measure_catalogue(
    folder: Path, products: int, quick: bool, say: Callable[[str], None]
) -> Table:
    """Fill the shop in the folder up to that number of products, and measure."""
    async with server.running(folder, MERX_RELAY="false") as shop:
        with contextlib.suppress(MerxError):  # A shop that was measured before has the user.
            await server.add_user(folder)
        bare = await connect(server.database_url(folder))
        await _fill(folder, products - await bare.fetchval("SELECT count(*) FROM product"), say)
        await bare.execute("ANALYZE")
        merx = await Connection(shop.url).open()
        await log_in(merx, server.EMAIL, server.PASSWORD)
        found = await _found(bare)
        asked = questions(found, products)
        say(f"reads of {products:,} products")
        table: Table = {}
        cpus = cpu_of_floor(bare), cpu_of_merx(bare, shop.pid)
        for _ in range((_TIMES // 3 if quick else _TIMES) + 1):
            for row, question in asked.items():
                await _measure(table, row, question, bare, merx, cpus)
            await _measure_one(table, found["product"], bare, merx, cpus)
        for series in (one for sides in table.values() for one in sides.values()):
            del series.samples[0]
        merx.close()
        await bare.close()
        return table


async def _fill(folder: Path, missing: int, say: Callable[[str], None]) -> None:
    if missing <= 0:
        return
    say(f"{missing:,} products")
    database = Database(server.database_url(folder), pool_size=1)
    await database.open()
    async for _ in seed_catalogue(database, missing):
        pass
    await database.close()


async def _found(bare: Any) -> dict[str, str]:
    """Ids and values from the middle of the seeded rows."""
    one = await bare.fetchrow(
        "SELECT v.sku, v.product_id AS product, c.product_category_id AS category,"
        " t.product_tag_id AS tag, s.sales_channel_id AS channel FROM"
        f" ({_COUNTED} ORDER BY id LIMIT 1 OFFSET (SELECT count(*) FROM ({_COUNTED}) p) / 2) p"
        " JOIN product_variant v ON v.product_id = p.id"
        " JOIN product_category_product c ON c.product_id = p.id"
        " JOIN product_tags t ON t.product_id = p.id"
        " JOIN product_sales_channel s ON s.product_id = p.id ORDER BY v.sku LIMIT 1"
    )
    return dict(one)


async def _measure(
    table: Table, row: str, question: Question, bare: Any, merx: Connection, cpus: tuple[Any, Any]
) -> None:
    await cpus[0].begin()
    started = time.perf_counter()
    page, count = await bare.fetchrow(question.sql, *question.values)
    ms = (time.perf_counter() - started) * 1000
    _add(table, row, "floor", Sample(ms, len(page), cpus[0].ms()))
    await cpus[1].begin()
    answer = await merx.call("GET", f"/admin/products?{question.path}")
    _add(table, row, "Merx", Sample(answer.ms, len(answer.body), cpus[1].ms()))
    given = answer.json()
    if (given["count"], given["products"]) != (count, orjson.loads(page)):
        raise RuntimeError(f"The floor is not the same work: {row}")


async def _measure_one(
    table: Table, product_id: str, bare: Any, merx: Connection, cpus: tuple[Any, Any]
) -> None:
    row = "get a product"
    await cpus[0].begin()
    started = time.perf_counter()
    page = await bare.fetchval(floor_sql.GET_PRODUCT, product_id)
    ms = (time.perf_counter() - started) * 1000
    _add(table, row, "floor", Sample(ms, len(page), cpus[0].ms()))
    await cpus[1].begin()
    answer = await merx.call("GET", f"/admin/products/{product_id}")
    _add(table, row, "Merx", Sample(answer.ms, len(answer.body), cpus[1].ms()))


def _add(table: Table, row: str, side: str, sample: Sample) -> None:
    table.setdefault(row, {}).setdefault(side, Series()).samples.append(sample)
