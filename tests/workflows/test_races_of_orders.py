"""Requests that change one order at the same time: one wins, the others get the reference's 4xx."""

import asyncio
from decimal import Decimal

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.depots import Depot, fulfill, make_depot, post
from tests.factories.orders import MadeOrder
from tests.workflows.support import post_all, winner_and_losers

pytestmark = pytest.mark.commits

RACERS = 4
OVER = (400, "invalid_data", "An active Order Change is required to proceed")


async def sent(admin: httpx.AsyncClient, tx: Transaction) -> tuple[Depot, MadeOrder]:
    """An order of two units of which one has left; 99 of a hundred are still there."""
    depot = await make_depot(tx)
    order = await depot.order(1)
    await fulfill(admin, depot, order)
    return depot, order


async def race(admin: httpx.AsyncClient, path: str, *bodies: dict) -> set:
    """What the losers of the race were told."""
    answers = await post_all(admin, f"/admin/{path}", bodies or [{}] * RACERS)
    _, told = winner_and_losers(answers)
    return set(told)


async def stocked(tx: Transaction) -> tuple[int, int]:
    row = await tx.fetchrow("SELECT stocked_quantity, reserved_quantity FROM inventory_level")
    assert row is not None
    return int(row[0]), int(row[1])


async def test_a_return_is_begun_requested_and_received_once(admin, tx):
    depot, order = await sent(admin, tx)
    busy = f"Order ({order.id}) already has an existing active order change"
    begin = {"order_id": order.id, "location_id": depot.location_id}

    assert await race(admin, "returns", *[begin] * RACERS) == {(400, "invalid_data", busy)}
    return_id = await tx.fetchval("SELECT id FROM return WHERE deleted_at IS NULL")
    items = depot.units(order)
    over = await race(admin, f"returns/{return_id}/request-items", *[{"items": items}] * RACERS)
    [(status, kind, message)] = over
    assert (status, kind) == (400, "invalid_data")
    assert message.startswith("Cannot request to return more items than what was fulfilled")
    assert await race(admin, f"returns/{return_id}/request") == {OVER}
    assert {told[2] for told in await race(admin, f"returns/{return_id}/receive")} == {busy}
    await post(admin, f"returns/{return_id}/receive-items", items=items)
    assert await race(admin, f"returns/{return_id}/receive/confirm") == {OVER}

    assert await stocked(tx) == (100, 1)
    assert await tx.fetchval("SELECT sum(received_quantity) FROM return_item") == 1


async def test_an_edit_is_begun_and_confirmed_once_and_no_line_is_lost(admin, tx):
    depot, order = await sent(admin, tx)
    busy = f"Order ({order.id}) already has an existing active order change"
    item = {"variant_id": depot.variant_ids[0], "quantity": 1, "unit_price": 5}

    told = await race(admin, "order-edits", *[{"order_id": order.id}] * RACERS)
    assert told == {(400, "invalid_data", busy)}
    path = f"/admin/order-edits/{order.id}/items"
    for answer in await post_all(admin, path, [{"items": [item]}] * RACERS):
        good(answer)
    assert await race(admin, f"order-edits/{order.id}/confirm") == {OVER}

    found = good(await admin.get(f"/admin/orders/{order.id}"))["order"]
    assert [one["quantity"] for one in found["items"]] == [2, 1, 1, 1, 1]
    # One unit has left, one of the order waits, and four are added.
    assert await stocked(tx) == (99, 5)


async def test_of_two_editors_of_one_order_the_second_is_told(admin, tx):
    _, order = await sent(admin, tx)
    begun = {"order_id": order.id}
    paths = {
        "order-edits": begun,
        "returns": begun,
        "exchanges": begun,
        "claims": begun | {"type": "refund"},
    }

    answers = await asyncio.gather(
        *(admin.post(f"/admin/{path}", json=body) for path, body in paths.items())
    )

    _, told = winner_and_losers(answers)
    busy = f"Order ({order.id}) already has an existing active order change"
    assert set(told) == {(400, "invalid_data", busy)}
    left = "SELECT count(*) FROM order_change WHERE status = 'pending'"
    assert await tx.fetchval(left) == 1


async def test_an_exchange_and_a_claim_are_requested_once(admin, tx):
    depot, order = await sent(admin, tx)
    sending = [{"variant_id": depot.variant_ids[0], "quantity": 1, "unit_price": 5}]

    exchange = (await post(admin, "exchanges", order_id=order.id))["exchange"]["id"]
    await post(admin, f"exchanges/{exchange}/inbound/items", items=depot.units(order))
    await post(admin, f"exchanges/{exchange}/outbound/items", items=sending)
    assert await race(admin, f"exchanges/{exchange}/request") == {OVER}
    gone = (400, "invalid_data", f"Exchange with id {exchange} has been canceled.")
    assert await race(admin, f"exchanges/{exchange}/cancel") == {gone}
    assert await stocked(tx) == (99, 1)

    claim = (await post(admin, "claims", order_id=order.id, type="replace"))["claim"]["id"]
    await post(admin, f"claims/{claim}/claim-items", items=depot.units(order))
    await post(admin, f"claims/{claim}/outbound/items", items=sending)
    assert await race(admin, f"claims/{claim}/request") == {OVER}
    assert await stocked(tx) == (99, 2)
    assert await tx.fetchval("SELECT count(*) FROM order_claim_item") == 2


async def test_refunds_stop_at_what_was_captured(admin, tx):
    _, order = await sent(admin, tx)
    due = {"order_id": order.id, "amount": 58}
    collection = (await post(admin, "payment-collections", **due))["payment_collection"]["id"]
    await post(admin, f"payment-collections/{collection}/mark-as-paid", order_id=order.id)
    payment = await tx.fetchval("SELECT id FROM payment")

    told = await race(admin, f"payments/{payment}/refund", *[{"amount": 30}] * RACERS)

    [(status, kind, message)] = told
    assert (status, kind) == (400, "invalid_data")
    assert message == "You are not allowed to refund more than the captured amount"
    assert await tx.fetchval("SELECT sum(amount) FROM refund") == 30
    assert await tx.fetchval("SELECT sum(amount) FROM order_transaction") == Decimal(28)


@pytest.mark.parametrize("_round", range(3))
async def test_an_order_is_canceled_or_fulfilled(admin, tx, _round):
    depot = await make_depot(tx)
    order = await depot.order(1)
    body = {"items": depot.units(order, 2), "location_id": depot.location_id}
    path = f"/admin/orders/{order.id}"

    canceled, fulfilled = await asyncio.gather(
        admin.post(f"{path}/cancel"), admin.post(f"{path}/fulfillments", json=body)
    )

    assert {canceled.status_code, fulfilled.status_code} == {200, 400}
    if canceled.is_success:
        assert "canceled" in fulfilled.json()["message"]
        assert await stocked(tx) == (100, 0)
    else:
        message = "All fulfillments must be canceled before canceling an order"
        assert canceled.json()["message"] == message
        assert await stocked(tx) == (98, 0)
