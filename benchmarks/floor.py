"""The floor: the bare SQL of the same work through asyncpg, on the same tables and the same rows.

Included: one connection with prepared statements; the look-up of the caller before each request;
BEGIN and COMMIT around a write, with the durability of the embedded database; the locks and checks
that a correct write needs (the product exists and offers the values, variants belong to it, items
exist and are not reserved, prices are matched by currency); unique values and references by
constraint; the rows of all tables that Merx writes, with events, by `unnest` in one statement; and
one SELECT that returns the same JSON as Merx.

Not included, although Merx must do it: HTTP, reading the token, parsing and validating the body,
creating ids and rows (they are prepared before timing starts), reporting the bad rows of a refused
request, hooks, and columns that this body does not set.
"""

import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import asyncpg

from benchmarks import floor_prices, floor_sql, goods
from benchmarks.prices import Buyer

_counter = itertools.count()


def new_id(prefix: str) -> str:
    """An id as long as Merx's, in ascending order."""
    return f"{prefix}_{time.time_ns():016X}{next(_counter):010X}"


async def connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection that returns JSON as bytes, and times in UTC, as the responses do."""
    settings = {"timezone": "UTC", "application_name": "floor"}
    connection = await asyncpg.connect(url, server_settings=settings)
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
    )
    return connection


@dataclass(frozen=True, slots=True)
class VariantRows:
    """The rows of new variants: an array for each parameter of the insert."""

    variant_ids: list[str]
    item_ids: list[str]
    arrays: list[Any]


def variant_rows(bodies: Sequence[goods.Body], values: dict[tuple[str, str], str]) -> VariantRows:
    """Rows for the bodies; `values` maps option title and value to the value's id."""
    count = len(bodies)
    sets, variants, items, links = (
        [new_id(prefix) for _ in range(count)] for prefix in ("pset", "variant", "iitem", "pvitem")
    )
    chosen = [[values[pair] for pair in body["options"].items()] for body in bodies]
    priced = [(place, price) for place, body in enumerate(bodies) for price in body["prices"]]
    arrays = [
        sets,
        variants,
        [body["title"] for body in bodies],
        [body["sku"] for body in bodies],
        [",".join(sorted(ids)) for ids in chosen],
        items,
        links,
        [variants[place] for place, ids in enumerate(chosen) for _ in ids],
        [value_id for ids in chosen for value_id in ids],
        [new_id("price") for _ in priced],
        [sets[place] for place, _ in priced],
        [price["currency_code"] for _, price in priced],
        [Decimal(str(price["amount"])) for _, price in priced],
        new_id("evt"),
        new_id("evt"),
    ]
    return VariantRows(variants, items, arrays)


class Floor:
    """The statements of each operation, in the required order."""

    def __init__(self, connection: Any) -> None:
        self.connection: Any = connection
        self._caller: Sequence[Any] = ()

    async def ask_who_calls(self) -> None:
        """One statement, which every request needs."""
        if not self._caller:
            somebody = await self.connection.fetchrow(floor_sql.SOMEBODY)
            self._caller = (*somebody, datetime.now(UTC))
        assert await self.connection.fetchval(floor_sql.CALLER, *self._caller)

    async def get_product(self, product_id: str) -> bytes:
        """One statement."""
        return await self.connection.fetchval(floor_sql.GET_PRODUCT, product_id)

    async def list_products(self, limit: int) -> bytes:
        """One statement: the page, followed by the total count."""
        record = await self.connection.fetchrow(floor_sql.LIST_PRODUCTS, limit, 0)
        return b'{"products":%b,"count":%d}' % (record[0], record[1])

    async def get_variants(self, ids: list[str]) -> bytes:
        """One statement, in the order of the ids."""
        return await self.connection.fetchval(floor_sql.GET_VARIANTS, ids)

    async def get_prices(self, buyer: Buyer) -> bytes:
        """One statement: the calculated prices of a product's variants."""
        ids = (buyer.product_id, buyer.region_id, buyer.customer_id)
        return await self.connection.fetchval(floor_prices.GET_PRICES, *ids)

    async def get_id(self, product_id: str) -> bytes:
        """One statement: the response for `fields=id`."""
        return await self.connection.fetchval(floor_sql.GET_ID, product_id)

    async def offered_values(self, product_id: str) -> dict[tuple[str, str], str]:
        """The ids of the product's option values by option title and value."""
        records = await self.connection.fetch(floor_sql.OFFERED_VALUES, product_id)
        return {(record[0], record[1]): record[2] for record in records}

    async def create_variants(
        self, product_id: str, rows: VariantRows, read: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """Four statements between BEGIN and COMMIT; `read` is the last."""
        async with self.connection.transaction():
            assert await self.connection.fetchval(floor_sql.LOCK_PRODUCT, product_id)
            assert await self.connection.fetch(floor_sql.OFFERED_VALUES, product_id)
            await self.connection.execute(floor_sql.INSERT_VARIANTS, product_id, *rows.arrays)
            return await read()

    async def update_variants(self, product_id: str, bodies: Sequence[goods.Body]) -> bytes:
        """Four statements between BEGIN and COMMIT."""
        ids = [body["id"] for body in bodies]
        async with self.connection.transaction():
            present = await self.connection.fetch(floor_sql.LOCK_VARIANTS, ids, product_id)
            assert len(present) == len(ids)
            sets = {record["price_set_id"]: record["id"] for record in present}
            prices = await self.connection.fetch(floor_sql.LOCK_PRICES, list(sets))
            by_key = {
                (sets[price["price_set_id"]], price["currency_code"]): price["id"]
                for price in prices
                if price["min_quantity"] is price["max_quantity"] is None and not price[5]
            }
            wanted = [
                (by_key.pop((body["id"], price["currency_code"])), Decimal(str(price["amount"])))
                for body in bodies
                for price in body["prices"]
            ]
            assert not by_key
            await self.connection.execute(
                floor_sql.UPDATE_VARIANTS,
                ids,
                [body["title"] for body in bodies],
                [price_id for price_id, _ in wanted],
                [amount for _, amount in wanted],
                new_id("evt"),
            )
            return await self.get_variants(ids)

    async def delete_variants(self, product_id: str, ids: list[str]) -> None:
        """Four statements between BEGIN and COMMIT; the response needs none."""
        async with self.connection.transaction():
            present = await self.connection.fetch(floor_sql.LOCK_VARIANTS, ids, product_id)
            items = [r[0] for r in await self.connection.fetch(floor_sql.LOCK_LEFT_ITEMS, ids)]
            assert not await self.connection.fetchval(floor_sql.IS_RESERVED, items)
            await self.connection.execute(
                floor_sql.DELETE_VARIANTS,
                [record[0] for record in present],
                [record[1] for record in present],
                items,
                new_id("evt"),
                new_id("evt"),
            )

    async def link_items(
        self, product_id: str, link_ids: list[str], bodies: Sequence[goods.Body]
    ) -> None:
        """Three statements between BEGIN and COMMIT; the response repeats the request."""
        variants = [body["variant_id"] for body in bodies]
        items = [body["inventory_item_id"] for body in bodies]
        quantities = [Decimal(body["required_quantity"]) for body in bodies]
        async with self.connection.transaction():
            present = await self.connection.fetch(floor_sql.LOCK_VARIANTS, variants, product_id)
            assert len(present) == len(variants)
            held = await self.connection.fetch(floor_sql.HOLD_ITEMS, items)
            assert len(held) == len(items)
            await self.connection.execute(
                floor_sql.LINK_ITEMS, link_ids, variants, items, quantities
            )
