"""Abandoned carts: reported once, and deleted in the end with the payments begun for them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from merx.core.database import Database, Transaction
from merx.workflows.selling.carts.abandoned import tidy_carts
from tests.answers import good, refused
from tests.factories.shop import Shop, make_cart, make_goods, make_paid_cart, make_shop

DAY = timedelta(days=1)
NEVER = timedelta(0)
AGED = "UPDATE cart SET updated_at = now() - interval '2 days' WHERE id = ANY($1::text[])"
TOLD = "SELECT ids FROM event WHERE name = $1 ORDER BY id"


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Shirt", 10)
    return shop


async def told(tx: Transaction, name: str) -> list[str]:
    return [one for row in await tx.fetch(TOLD, name) for one in row["ids"]]


async def age(tx: Transaction, *carts: dict[str, Any]) -> None:
    await tx.execute(AGED, [cart["id"] for cart in carts])


async def look_up(client: httpx.AsyncClient, shop: Shop, carts: Sequence[Any]) -> list[int]:
    return [
        (await client.get(f"/store/carts/{cart['id']}", headers=shop.headers)).status_code
        for cart in carts
    ]


async def test_a_cart_with_an_e_mail_and_lines_is_told_of_once(
    client: httpx.AsyncClient, tx: Transaction, database: Database, shop: Shop
) -> None:
    left = await make_cart(client, shop, ("Shirt", 1), email="ann@home.test")
    nobody = await make_cart(client, shop, ("Shirt", 1))
    empty = await make_cart(client, shop, email="ann@home.test")
    await age(tx, left, nobody, empty)
    fresh = await make_cart(client, shop, ("Shirt", 1), email="bob@home.test")

    for _ in range(2):
        await tidy_carts(database, remind_after=DAY, expire_after=NEVER)

    assert await told(tx, "cart.abandoned") == [left["id"]]
    assert await look_up(client, shop, (left, nobody, empty, fresh)) == [200] * 4


async def test_a_cart_that_was_changed_again_can_be_told_of_again(
    client: httpx.AsyncClient, tx: Transaction, database: Database, shop: Shop
) -> None:
    cart = await make_cart(client, shop, ("Shirt", 1), email="ann@home.test")
    for _ in range(2):
        await age(tx, cart)
        await tidy_carts(database, remind_after=DAY, expire_after=NEVER)
        body = {"variant_id": shop.goods["Shirt"], "quantity": 1}
        path = f"/store/carts/{cart['id']}/line-items"
        good(await client.post(path, json=body, headers=shop.headers))

    assert await told(tx, "cart.abandoned") == [cart["id"]] * 2


async def test_an_old_cart_goes_with_the_sessions_that_were_to_pay_it(
    client: httpx.AsyncClient, tx: Transaction, database: Database, shop: Shop
) -> None:
    old = await make_paid_cart(client, shop, ("Shirt", 1))
    await age(tx, old)
    fresh = await make_paid_cart(client, shop, ("Shirt", 1))

    await tidy_carts(database, remind_after=NEVER, expire_after=DAY)

    assert await look_up(client, shop, (old, fresh)) == [404, 200]
    assert await told(tx, "cart.deleted") == [old["id"]]
    sessions = await tx.fetch(
        "SELECT l.cart_id FROM payment_session s"
        " JOIN cart_payment_collection l USING (payment_collection_id)"
        " WHERE s.deleted_at IS NULL"
    )
    assert [row["cart_id"] for row in sessions] == [fresh["id"]]
    answer = await client.post(f"/store/carts/{old['id']}/complete", headers=shop.headers)
    assert "not found" in refused(answer, 404)


async def test_what_was_bought_and_what_is_being_bought_stays(
    client: httpx.AsyncClient, tx: Transaction, database: Database, shop: Shop
) -> None:
    bought = await make_paid_cart(client, shop, ("Shirt", 1))
    good(await client.post(f"/store/carts/{bought['id']}/complete", headers=shop.headers))
    asked = await make_paid_cart(client, shop, ("Shirt", 1))
    await tx.execute("INSERT INTO cart_completion (cart_id, version) VALUES ($1, 1)", asked["id"])
    await age(tx, bought, asked)

    await tidy_carts(database, remind_after=NEVER, expire_after=DAY)

    assert await told(tx, "cart.deleted") == []
    assert await look_up(client, shop, (bought, asked)) == [200, 200]


async def test_where_no_time_is_set_nothing_happens(
    client: httpx.AsyncClient, tx: Transaction, database: Database, shop: Shop
) -> None:
    cart = await make_cart(client, shop, ("Shirt", 1), email="ann@home.test")
    await age(tx, cart)

    await tidy_carts(database, remind_after=NEVER, expire_after=NEVER)

    assert await told(tx, "cart.abandoned") == await told(tx, "cart.deleted") == []
