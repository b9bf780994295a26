"""`/admin/carts`: what a line costs is for the shop to say, never for the buyer."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.shop import Shop, make_cart, make_goods, make_paid_cart, make_shop


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Shirt", 10)
    return shop


def path_of(cart: dict[str, Any], area: str = "admin") -> str:
    return f"/{area}/carts/{cart['id']}/line-items/{cart['items'][0]['id']}"


async def test_a_price_of_its_own_stays_until_it_is_taken_back(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, shop: Shop
) -> None:
    cart = await make_cart(client, shop, ("Shirt", 2))

    priced = good(await admin.post(path_of(cart), json={"unit_price": 7.5}))["cart"]
    more = {"variant_id": shop.goods["Shirt"], "quantity": 1}
    path = f"/store/carts/{cart['id']}/line-items"
    added = good(await client.post(path, json=more, headers=shop.headers))["cart"]
    back = good(await admin.post(path_of(cart), json={"unit_price": None}))["cart"]

    assert [priced["items"][0]["unit_price"], priced["total"]] == [7.5, 18]
    # One more at the catalogue's price is a line of its own.
    assert [(line["unit_price"], line["quantity"]) for line in added["items"]] == [
        (7.5, 2),
        (10, 1),
    ]
    assert added["total"] == 30
    assert [line["unit_price"] for line in back["items"]] == [10, 10]
    assert back["total"] == 36


async def test_the_order_has_the_price_and_the_payment_follows(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, shop: Shop
) -> None:
    cart = await make_paid_cart(client, shop, ("Shirt", 1))
    priced = good(await admin.post(path_of(cart), json={"unit_price": 0}))["cart"]
    collection = priced["payment_collection"]
    assert (collection["amount"], collection["payment_sessions"]) == (12, [])

    pay = f"/store/payment-collections/{collection['id']}/payment-sessions"
    body = {"provider_id": "pp_system_default"}
    good(await client.post(pay, json=body, headers=shop.headers))
    path = f"/store/carts/{cart['id']}/complete"
    order = good(await client.post(path, headers=shop.headers))["order"]

    assert (order["total"], order["items"][0]["unit_price"]) == (12, 0)
    assert refused(await admin.post(path_of(cart), json={"unit_price": 1})) == (
        f"Cart {cart['id']} is already completed."
    )


@pytest.mark.parametrize("body", [{}, {"unit_price": -1}, {"unit_price": "x"}, {"price": 1}])
async def test_what_is_no_price_is_refused(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, shop: Shop, body: dict[str, Any]
) -> None:
    cart = await make_cart(client, shop, ("Shirt", 1))

    refused(await admin.post(path_of(cart), json=body))

    seen = await client.get(f"/store/carts/{cart['id']}", headers=shop.headers)
    assert good(seen)["cart"]["total"] == 12


async def test_only_an_admin_says_what_a_line_costs(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, shop: Shop
) -> None:
    cart = await make_cart(client, shop, ("Shirt", 1))
    body = {"quantity": 1, "unit_price": 1}
    line = {"variant_id": shop.goods["Shirt"], **body}

    assert (await client.post(path_of(cart), json={"unit_price": 1})).status_code == 401
    refused(await client.post(path_of(cart, "store"), json=body, headers=shop.headers))
    path = f"/store/carts/{cart['id']}/line-items"
    refused(await client.post(path, json=line, headers=shop.headers))
    missing = f"/admin/carts/{cart['id']}/line-items/nope"
    refused(await admin.post(missing, json={"unit_price": 1}), 404)
    refused(await admin.post("/admin/carts/nope/line-items/nope", json={"unit_price": 1}), 404)
