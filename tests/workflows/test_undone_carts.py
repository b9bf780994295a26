"""A change of a cart, or a checkout, that PostgreSQL undid in favour of another is done again."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import MOST_TRIES, Database, Transaction
from tests.answers import good
from tests.factories.outside_payment import OUTSIDE, OutsidePayment, offer_outside_payment
from tests.factories.payments import till_of
from tests.factories.shop import Shop, make_cart, make_goods, make_paid_cart, make_shop

Clash = Callable[..., Awaitable[None]]
CODES = pytest.mark.parametrize("code", ["40001", "40P01"])
DEADLOCK = "40P01"


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Mug", 14.5, stock=100)
    await offer_outside_payment(tx, shop.region_id)
    return shop


@pytest.fixture
def clash(tx: Transaction) -> Clash:
    """Lets the first changes of a table fail as a deadlock or a serialization failure would."""

    async def clashing(table: str, code: str, times: int) -> None:
        await tx.execute(f"""
            CREATE SEQUENCE clashes;
            CREATE FUNCTION clash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF nextval('clashes') <= {times} THEN
                RAISE EXCEPTION 'undone' USING ERRCODE = '{code}'; END IF;
              RETURN NEW; END $$;
            CREATE TRIGGER clash BEFORE INSERT OR UPDATE ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION clash()""")

    return clashing


async def tries(tx: Transaction) -> int:
    return await tx.fetchval("SELECT last_value FROM clashes")


async def sold(tx: Transaction) -> tuple[int, int, int]:
    """Orders, their payments, and how many mugs are reserved."""
    row = await tx.fetchrow(
        'SELECT (SELECT count(*) FROM "order"), (SELECT count(*) FROM payment),'
        " (SELECT sum(reserved_quantity)::int FROM inventory_level)"
    )
    assert row is not None
    return tuple(row)


CHANGES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "a line": ("cart_line_item", "POST", "/line-items", {"variant_id": "Mug", "quantity": 3}),
    "an address": ("cart", "POST", "", {"shipping_address": {"country_code": "de"}}),
    "a way to ship": ("cart_shipping_method", "POST", "/shipping-methods", {"option_id": "…"}),
    "taxes": ("cart", "POST", "/taxes", {}),
}


@CODES
@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_of_a_cart_is_made_again(
    client: httpx.AsyncClient, tx: Transaction, shop: Shop, clash: Clash, change: str, code: str
) -> None:
    cart = await make_cart(client, shop, ("Mug", 1))
    table, method, path, body = CHANGES[change]
    known = {"variant_id": shop.goods["Mug"], "option_id": shop.option_id}
    body = {key: known.get(key, value) for key, value in body.items()}
    await clash(table, code, 2)

    answer = await client.request(
        method, f"/store/carts/{cart['id']}{path}", json=body, headers=shop.headers
    )

    changed = good(answer)["cart"]
    assert await tries(tx) >= 3
    assert [item["quantity"] for item in changed["items"]] == [4 if change == "a line" else 1]
    assert len(changed["shipping_methods"]) == (change == "a way to ship")


@CODES
async def test_a_cart_is_made_again(
    client: httpx.AsyncClient, tx: Transaction, shop: Shop, clash: Clash, code: str
) -> None:
    await clash("cart", code, 2)

    await make_cart(client, shop, ("Mug", 2))

    assert await tx.fetchval("SELECT count(*) FROM cart") == 1


async def test_a_change_of_a_cart_is_not_made_again_for_ever(
    client: httpx.AsyncClient, tx: Transaction, shop: Shop, clash: Clash
) -> None:
    cart = await make_cart(client, shop, ("Mug", 1))
    await clash("cart_line_item", DEADLOCK, 1000)

    body = {"variant_id": shop.goods["Mug"], "quantity": 1}
    path = f"/store/carts/{cart['id']}/line-items"
    answer = await client.post(path, json=body, headers=shop.headers)

    assert (answer.status_code, answer.json()["type"]) == (409, "conflict")
    assert await tries(tx) == MOST_TRIES


@CODES
@pytest.mark.parametrize("table", ["order", "payment", "inventory_level"])
async def test_a_checkout_is_done_again(
    client: httpx.AsyncClient, tx: Transaction, shop: Shop, clash: Clash, table: str, code: str
) -> None:
    cart = await make_paid_cart(client, shop, ("Mug", 2))
    await clash(table, code, 2)

    answer = await client.post(f"/store/carts/{cart['id']}/complete", headers=shop.headers)

    assert good(answer)["type"] == "order"
    assert await tries(tx) >= 3
    assert await sold(tx) == (1, 1, 2)


async def test_a_checkout_is_not_done_again_for_ever_and_sells_nothing(
    client: httpx.AsyncClient, tx: Transaction, shop: Shop, clash: Clash
) -> None:
    cart = await make_paid_cart(client, shop, ("Mug", 2))
    await clash("order", DEADLOCK, 1000)

    answer = await client.post(f"/store/carts/{cart['id']}/complete", headers=shop.headers)

    assert (answer.status_code, answer.json()["type"]) == (409, "conflict")
    assert await tries(tx) == MOST_TRIES
    assert await sold(tx) == (0, 0, 0)


@pytest.fixture
def outside(app: FastAPI, database: Database, tmp_path: Path) -> Iterator[OutsidePayment]:
    """The app's provider of payments."""
    outside = OutsidePayment(tmp_path)
    known = app.state.payment_providers
    app.state.payment_providers = till_of(database, outside).providers
    yield outside
    app.state.payment_providers = known


@CODES
@pytest.mark.parametrize("table", ["cart_completion", "order"])
async def test_a_provider_outside_is_asked_once_though_the_order_is_written_again(
    client: httpx.AsyncClient,
    tx: Transaction,
    shop: Shop,
    clash: Clash,
    outside: OutsidePayment,
    table: str,
    code: str,
) -> None:
    """It is asked between two transactions, of which each may be undone."""
    cart = await make_paid_cart(client, shop, ("Mug", 2), provider_id=OUTSIDE)
    await clash(table, code, 2)

    answer = await client.post(f"/store/carts/{cart['id']}/complete", headers=shop.headers)

    assert good(answer)["type"] == "order"
    assert await tries(tx) >= 3
    assert await sold(tx) == (1, 1, 2)
    assert len(outside.keys("authorized")) == 1
    assert outside.keys("canceled") == []
