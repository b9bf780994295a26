"""Fields that take an object or the id of one, told of as the reference does."""

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import refused
from tests.factories.shop import make_cart, make_goods, make_shop

WRONG = [
    (5, "object, string", "", "5"),
    (None, "object, string", "", "null"),
    ([], "object, string", "", ""),
    ({"x": 1}, "string", "", "[object Object]"),
    ({"city": 5}, "string, string", ", city", "5"),
    ({"metadata": 3}, "record, string", ", metadata", "3"),
    ({"x": 1, "city": 5, "address_1": 6}, "string, string, string", ", address_1", "6"),
]


@pytest.mark.parametrize(("value", "kinds", "within", "got"), WRONG)
@pytest.mark.parametrize("name", ["shipping_address", "billing_address"])
async def test_an_address_is_neither(
    client: httpx.AsyncClient,
    admin: httpx.AsyncClient,
    tx: Transaction,
    name: str,
    value: object,
    kinds: str,
    within: str,
    got: str,
) -> None:
    shop = await make_shop(tx)
    draft = {"region_id": shop.region_id, "email": "ann@shop.test", name: value}
    told = f"Invalid request: Expected type: '{kinds}' for field '{name}{within}', got: '{got}'"

    new_cart = await client.post("/store/carts", json={name: value}, headers=shop.headers)
    new_draft = await admin.post("/admin/draft-orders", json=draft)

    assert refused(new_cart) == told
    assert refused(new_draft) == told


async def test_data_of_a_chosen_option_is_not_null(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Shirt", 9.99)
    cart = await make_cart(client, shop, ("Shirt", 1))

    chosen = {"option_id": shop.option_id, "data": None}
    path = f"/store/carts/{cart['id']}/shipping-methods"
    answer = await client.post(path, json=chosen, headers=shop.headers)

    words = "Expected type: 'record, array' for field 'data', got: 'null'"
    assert refused(answer) == f"Invalid request: {words}"
