"""64 shoppers buy at once from 20 variants of which there is too little: what is sold is what there
was, and every order is whole."""

import asyncio
import random

import httpx
import pytest

from merx.core.database import Transaction
from merx.operations.doctor import examine
from tests.answers import good
from tests.factories.shop import Shop, make_goods, make_paid_cart, make_shop

pytestmark = [pytest.mark.commits, pytest.mark.slow]

SHOPPERS, GOODS, PIECES = 64, 20, 4

_STOCK = """
SELECT (SELECT sum(stocked_quantity)::int FROM inventory_level) AS stocked,
  (SELECT sum(reserved_quantity)::int FROM inventory_level) AS reserved,
  (SELECT bool_and(reserved_quantity <= stocked_quantity) FROM inventory_level) AS enough,
  (SELECT coalesce(sum(quantity), 0)::int FROM order_item) AS sold,
  (SELECT count(*)::int FROM "order") AS orders,
  (SELECT count(*)::int FROM payment WHERE canceled_at IS NULL) AS payments"""


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    for number in range(GOODS):
        await make_goods(tx, shop, f"Good {number}", 5 + number, stock=PIECES)
    return shop


async def test_nothing_is_sold_twice_and_no_order_is_lost(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction
) -> None:
    chance = random.Random(1)
    carts = []
    for _ in range(SHOPPERS):
        chosen = chance.sample(range(GOODS), 2)
        lines = [(f"Good {number}", chance.choice((1, 2))) for number in chosen]
        carts.append(await make_paid_cart(client, shop, *lines))
    requests = [
        client.post(f"/store/carts/{cart['id']}/complete", headers=shop.headers) for cart in carts
    ]

    answers = await asyncio.gather(*requests)

    bought = [good(answer)["order"] for answer in answers if answer.status_code == 200]
    lost = [answer.json() for answer in answers if answer.status_code != 200]
    assert {(one["type"], one["message"].partition(" for")[0]) for one in lost} == {
        ("not_allowed", "Not enough stock available")
    }
    pieces = sum(item["quantity"] for order in bought for item in order["items"])
    row = await tx.fetchrow(_STOCK)
    assert row is not None
    assert dict(row) == {
        "stocked": GOODS * PIECES,
        "reserved": pieces,
        "enough": True,
        "sold": pieces,
        "orders": len(bought),
        "payments": len(bought),
    }
    # Too little is left for any further order.
    assert len({order["id"] for order in bought}) == len(bought)
    assert pieces >= GOODS * PIECES * 0.7
    assert await examine(tx) == []
