"""A cart becomes an order once."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.products import item_of, link, make_item
from tests.factories.shop import Shop, make_goods, make_paid_cart, make_shop
from tests.factories.stock import make_level


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


async def test_a_kit_takes_each_of_its_items(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction
) -> None:
    boxed = await make_goods(tx, shop, "Box", 30, stock=10)
    [variant_id] = boxed.variant_ids
    cup, lid = await item_of(tx, variant_id), await make_item(tx, "LID")
    await make_level(tx, lid, shop.location_id, stocked=10)
    await link(tx, boxed.id, variant_id, lid, 3)
    cart = await make_paid_cart(client, shop, ("Box", 2))

    good(await complete(client, shop, cart))

    reserved = await tx.fetch(
        "SELECT inventory_item_id, reserved_quantity FROM inventory_level"
        " WHERE inventory_item_id = ANY ($1)",
        [cup, lid],
    )
    assert dict(reserved) == {cup: 2, lid: 6}


async def test_a_kit_of_which_one_item_is_short_is_not_sold(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction
) -> None:
    boxed = await make_goods(tx, shop, "Box", 30, stock=10)
    [variant_id] = boxed.variant_ids
    lid = await make_item(tx, "LID")
    await make_level(tx, lid, shop.location_id, stocked=6)
    await link(tx, boxed.id, variant_id, lid, 3)
    cart = await make_paid_cart(client, shop, ("Box", 2))
    await tx.execute(
        "UPDATE inventory_level SET stocked_quantity = 5 WHERE inventory_item_id = $1", lid
    )

    message = refused(await complete(client, shop, cart))

    assert message == f"Not enough stock available for item {lid} at location {shop.location_id}"
    assert await tx.fetchval("SELECT count(*) FROM reservation_item") == 0
    assert await tx.fetchval('SELECT count(*) FROM "order"') == 0
    assert await tx.fetchval("SELECT count(*) FROM payment") == 0


async def test_a_channel_that_no_location_serves_any_more_sells_nothing(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction
) -> None:
    cart = await make_paid_cart(client, shop, ("Shirt", 1))
    await tx.execute("DELETE FROM sales_channel_stock_location")

    message = refused(await complete(client, shop, cart))

    assert message == (
        f"Sales channel {shop.channel_id} is not associated with any stock location for variant"
        f" {shop.goods['Shirt']}."
    )
    assert await tx.fetchval('SELECT count(*) FROM "order"') == 0
