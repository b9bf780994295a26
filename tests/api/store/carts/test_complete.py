"""A cart becomes an order once."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.shop import Shop, make_goods, make_paid_cart, make_shop


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Shirt", 9.99, stock=10)
    await make_goods(tx, shop, "Mug", 14.5)
    return shop


async def complete(client: httpx.AsyncClient, shop: Shop, cart: dict[str, Any]) -> httpx.Response:
    return await client.post(f"/store/carts/{cart['id']}/complete", headers=shop.headers)


async def test_a_paid_cart_becomes_an_order_once(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction
) -> None:
    cart = await make_paid_cart(client, shop, ("Shirt", 3), ("Mug", 1))

    first = good(await complete(client, shop, cart))
    second = good(await complete(client, shop, cart))

    assert first["type"] == "order"
    assert second["order"]["id"] == first["order"]["id"]
    assert first["order"]["total"] == cart["total"]
    reserved = await tx.fetchval("SELECT sum(quantity) FROM reservation_item")
    assert reserved == 4
    assert await tx.fetchval("SELECT count(*) FROM payment") == 1
