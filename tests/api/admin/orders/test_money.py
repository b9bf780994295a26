"""Money of orders: captures and refunds are told of, a cancellation gives everything back."""

import asyncio

import httpx
import pytest

from merx.core.database import Transaction
from merx.core.ids import new_id
from tests.answers import good, refused
from tests.factories.orders import MadeOrder, make_collection, make_order, reserve
from tests.factories.products import make_item, make_location
from tests.factories.stock import make_level


async def pay(tx: Transaction, order: MadeOrder, amount: float) -> str:
    """An authorized payment of the order; its id."""
    collection_id = await make_collection(tx, order.id, amount)
    session_id, payment_id = new_id("payses"), new_id("pay")
    await tx.execute(
        "INSERT INTO payment_session (id, currency_code, amount, provider_id, status,"
        " payment_collection_id) SELECT $1, 'eur', amount, 'pp_system_default', 'authorized', id"
        " FROM payment_collection WHERE id = $2",
        session_id,
        collection_id,
    )
    await tx.execute(
        "INSERT INTO payment (id, currency_code, amount, provider_id, payment_collection_id,"
        " payment_session_id, data) SELECT $1, 'eur', amount, 'pp_system_default', id, $2, '{}'"
        " FROM payment_collection WHERE id = $3",
        payment_id,
        session_id,
        collection_id,
    )
    await tx.execute(
        "UPDATE payment_collection SET status = 'authorized', authorized_amount = amount"
        " WHERE id = $1",
        collection_id,
    )
    return payment_id


async def read(admin: httpx.AsyncClient, order: MadeOrder) -> dict:
    path = f"/admin/orders/{order.id}?fields=+transactions.amount,*transactions"
    return good(await admin.get(path))["order"]


async def test_a_capture_is_paid_and_a_refund_lowers_the_order(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    order = await make_order(tx)
    payment_id = await pay(tx, order, 84)
    assert (await read(admin, order))["payment_status"] == "authorized"

    good(await admin.post(f"/admin/payments/{payment_id}/capture"))
    paid = await read(admin, order)
    good(await admin.post(f"/admin/payments/{payment_id}/refund", json={"amount": 10.5}))
    refunded = await read(admin, order)

    assert (paid["payment_status"], paid["version"]) == ("captured", 1)
    assert paid["summary"]["pending_difference"] == 0
    assert paid["summary"]["paid_total"] == 84
    assert (refunded["payment_status"], refunded["version"]) == ("partially_refunded", 2)
    assert (refunded["total"], refunded["credit_line_total"]) == (73.5, 10.5)
    assert refunded["summary"]["pending_difference"] == 0
    assert [one["amount"] for one in refunded["transactions"]] == [84, -10.5]


async def test_a_canceled_order_gives_back_stock_and_money(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    order = await make_order(tx)
    item_id, location_id = await make_item(tx, "shirt"), await make_location(tx)
    await make_level(tx, item_id, location_id, stocked=5)
    await reserve(tx, order, item_id, location_id, 3)
    payment_id = await pay(tx, order, 84)
    good(await admin.post(f"/admin/payments/{payment_id}/capture"))

    good(await admin.post(f"/admin/orders/{order.id}/cancel"))
    canceled = await read(admin, order)

    assert (canceled["status"], canceled["payment_status"]) == ("canceled", "refunded")
    assert (canceled["total"], canceled["summary"]["pending_difference"]) == (0, 0)
    assert await tx.fetchval("SELECT sum(reserved_quantity) FROM inventory_level") == 0
    again = await admin.post(f"/admin/orders/{order.id}/cancel")
    assert refused(again) == f"Order with id {order.id} has been canceled."
    for path in ("complete",):
        assert "cannot be completed" in refused(
            await admin.post(f"/admin/orders/{order.id}/{path}")
        )


async def test_an_open_payment_of_a_canceled_order_is_given_up(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    order = await make_order(tx)
    await pay(tx, order, 84)

    good(await admin.post(f"/admin/orders/{order.id}/cancel"))
    canceled = await read(admin, order)

    assert canceled["payment_status"] == "canceled"
    assert await tx.fetchval("SELECT canceled_at IS NOT NULL FROM payment")


@pytest.mark.commits
async def test_of_eight_cancellations_one_frees_the_stock(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    order = await make_order(tx)
    item_id, location_id = await make_item(tx, "shirt"), await make_location(tx)
    await make_level(tx, item_id, location_id, stocked=5)
    await reserve(tx, order, item_id, location_id, 3)
    payment_id = await pay(tx, order, 84)
    good(await admin.post(f"/admin/payments/{payment_id}/capture"))

    answers = await asyncio.gather(
        *(admin.post(f"/admin/orders/{order.id}/cancel") for _ in range(8))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert await tx.fetchval("SELECT sum(reserved_quantity) FROM inventory_level") == 0
    assert await tx.fetchval("SELECT sum(amount) FROM refund") == 84
    assert await tx.fetchval("SELECT sum(amount) FROM order_transaction") == 0


async def test_a_refund_is_told_to_the_buyer(admin: httpx.AsyncClient, tx: Transaction) -> None:
    order = await make_order(tx)
    payment_id = await pay(tx, order, 84)
    good(await admin.post(f"/admin/payments/{payment_id}/capture"))

    good(await admin.post(f"/admin/payments/{payment_id}/refund", json={"amount": 10.5}))

    [mail] = await tx.fetch("SELECT * FROM mail WHERE template = 'order.refunded'")
    assert mail["to"] == "ann@example.com"
