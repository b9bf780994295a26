"""Prices that are about to change are held until the change is written."""

import pytest

from merx.core.database import Database, Transaction
from merx.modules.pricing.service import lock_prices
from tests.factories.products import make_product, prices, variant

FREE = "SELECT id FROM price FOR UPDATE SKIP LOCKED"


@pytest.mark.commits
async def test_the_own_prices_of_a_set_are_held(database: Database, tx: Transaction) -> None:
    shirt = await make_product(tx, variants=[variant(prices=prices(usd=10, eur=9))])
    hat = await make_product(tx, "Hat", variants=[variant("Hat", prices=prices(usd=5))])
    sets = [
        await tx.fetchval("SELECT price_set_id FROM product_variant WHERE id = $1", one)
        for one in (*shirt.variant_ids, *hat.variant_ids)
    ]

    async with tx.transaction(), database.read() as other:
        held = await lock_prices(tx, sets[:1])
        free = [record["id"] for record in await other.fetch(FREE)]

    assert sorted(price.currency_code for price in held) == ["eur", "usd"]
    [left] = free
    assert await tx.fetchval("SELECT price_set_id FROM price WHERE id = $1", left) == sets[1]
