"""Lines of a cart."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.shop import Shop, make_cart, make_goods, make_shop


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Shirt", 9.99, stock=10)
    await make_goods(tx, shop, "Mug", 14.5)
    return shop


def counts(cart: dict[str, Any]) -> list[tuple[str, int]]:
    return [(line["title"], line["quantity"]) for line in cart["items"]]


async def test_a_new_cart_is_priced_taxed_and_totalled(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    cart = await make_cart(client, shop, ("Shirt", 3), ("Mug", 1))

    assert counts(cart) == [("Shirt", 3), ("Mug", 1)]
    assert cart["total"] == 53.364
    assert cart["item_tax_total"] == 8.894
    assert cart["shipping_address"]["country_code"] == "de"
    assert "customer" not in cart
    assert cart["customer_id"] is None


async def test_the_same_variant_with_the_same_metadata_becomes_more(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    cart = await make_cart(client, shop, ("Shirt", 3))
    path = f"/store/carts/{cart['id']}/line-items"

    for metadata in ({}, None, {"gift": True}, {"gift": True}):
        body = {"variant_id": shop.goods["Shirt"], "quantity": 1, "metadata": metadata}
        cart = good(await client.post(path, json=body, headers=shop.headers))["cart"]

    assert counts(cart) == [("Shirt", 5), ("Shirt", 2)]


async def test_lines_of_one_variant_together_must_not_exceed_the_stock(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    cart = await make_cart(client, shop, ("Shirt", 6))
    body = {"variant_id": shop.goods["Shirt"], "quantity": 5, "metadata": {"gift": True}}

    answer = await client.post(
        f"/store/carts/{cart['id']}/line-items", json=body, headers=shop.headers
    )

    assert refused(answer) == "Some variant does not have the required inventory"
    assert answer.json()["code"] == "insufficient_inventory"
