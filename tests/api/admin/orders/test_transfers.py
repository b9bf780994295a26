"""Orders that go to another customer: everything that is told of it, and what stays."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.answers import good, refused
from tests.factories.customers import Buyer, make_buyer
from tests.factories.orders import MadeOrder, make_order
from tests.factories.taxes import make_customer
from tests.observed import emitted, forget_events


@pytest.fixture
async def order(tx: Transaction) -> MadeOrder:
    """Of a guest."""
    return await make_order(tx, customer_id=await make_customer(tx, "ann@example.com"))


@pytest.fixture
async def bea(tx: Transaction) -> Buyer:
    return await make_buyer(tx)


async def events_of(tx: Transaction, request: Any) -> dict[str, list[str]]:
    """All events of one request."""
    await forget_events(tx)
    good(await request)
    return await emitted(tx)


async def holder(tx: Transaction, order: MadeOrder) -> tuple[str, str]:
    record = await tx.fetchrow('SELECT customer_id, email FROM "order" WHERE id = $1', order.id)
    assert record is not None
    return record["customer_id"], record["email"]


async def token_of(tx: Transaction, order: MadeOrder) -> dict[str, str]:
    """What was mailed to whoever placed the order."""
    details = await tx.fetchval(
        "SELECT details FROM order_change_action WHERE order_id = $1 ORDER BY id DESC LIMIT 1",
        order.id,
    )
    return {"token": details["token"]}


async def test_all_events_of_a_transfer_are_told(
    admin: httpx.AsyncClient,
    client: httpx.AsyncClient,
    tx: Transaction,
    settings: Settings,
    order: MadeOrder,
    bea: Buyer,
) -> None:
    path, wanted = (
        f"/orders/{order.id}/transfer",
        {"customer_id": bea.id, "update_order_email": True},
    )
    store, headers = f"/store{path}", bea.headers(settings)
    before = await holder(tx, order)

    asked = {"order.transfer_requested": [order.id]}
    assert await events_of(tx, admin.post(f"/admin{path}", json=wanted)) == asked
    declined = client.post(f"{store}/decline", json=await token_of(tx, order), headers=headers)
    assert await events_of(tx, declined) == {}
    assert await events_of(tx, client.post(f"{store}/request", json={}, headers=headers)) == asked
    assert await events_of(tx, client.post(f"{store}/cancel", headers=headers)) == {}
    assert await holder(tx, order) == before
    assert await events_of(tx, admin.post(f"/admin{path}", json=wanted)) == asked
    wrong = await client.post(f"{store}/accept", json={"token": "wrong"}, headers=headers)
    assert refused(wrong) == "Invalid token."
    assert await holder(tx, order) == before
    accepted = client.post(f"{store}/accept", json=await token_of(tx, order), headers=headers)
    assert await events_of(tx, accepted) == {"order.updated": [order.id]}
    assert await holder(tx, order) == (bea.id, bea.email)


async def test_an_order_that_goes_to_a_guest_is_told_of(
    admin: httpx.AsyncClient, tx: Transaction, order: MadeOrder
) -> None:
    path, body = f"/admin/orders/{order.id}/transfer/guest", {"email": "new@home.test"}

    told = await events_of(tx, admin.post(path, json=body))

    guest, email = await holder(tx, order)
    assert told == {"customer.created": [guest], "order.updated": [order.id]}
    assert email == "new@home.test"
    assert await tx.fetchval("SELECT email FROM customer WHERE id = $1", guest) == email
