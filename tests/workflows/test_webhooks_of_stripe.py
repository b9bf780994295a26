"""Stripe's webhooks: before the response, after it, repeated, or about changes made at Stripe."""

from decimal import Decimal

import pytest

from merx.core.errors import Conflict, InvalidData, TooSlow
from merx.modules.payment.payments import (
    capture_payment,
    refund_payment,
)
from merx.workflows.selling.payment_notices import receive_notice
from merx.workflows.selling.payment_sessions import (
    authorize_session,
)
from merx.workflows.selling.settle_payments import settle_open_requests
from tests.factories.payments import make_provider_row, till_of
from tests.factories.stripe_payments import (
    NOW,
    STRIPE,
    begin,
    collection_of,
    paid,
    payment,
    provider_at,
)
from tests.factories.stripe_server import stripe_server


@pytest.fixture
async def stripe():
    async with stripe_server() as double:
        yield double


@pytest.fixture
async def till(database, tx, stripe):
    await make_provider_row(tx, STRIPE)
    return till_of(database, provider_at(stripe))


async def test_a_webhook_before_the_answer_books_once(till, tx, stripe):
    payment_id, _session_id, intent_id = await paid(till, tx, stripe)
    stripe.lost = 2
    with pytest.raises(TooSlow):
        await capture_payment(till, payment_id)

    call = stripe.event("payment_intent.succeeded", stripe.intents[intent_id])
    await receive_notice(till, STRIPE, call["content"], call["headers"])
    first = await payment(tx, payment_id)
    await receive_notice(till, STRIPE, call["content"], call["headers"])
    settled = await settle_open_requests(till, after=NOW)

    assert (first["captured_amount"], first["capturing_amount"]) == (30, 0)
    assert settled == 0
    assert await tx.fetchval("SELECT count(*) FROM capture") == 1


async def test_a_webhook_makes_the_payment_that_nobody_asked_for(till, tx, stripe):
    _, session_id, intent_id = await begin(till, tx)
    intent = stripe.confirm(intent_id)
    call = stripe.event("payment_intent.amount_capturable_updated", intent)

    await receive_notice(till, STRIPE, call["content"], call["headers"])
    await receive_notice(till, STRIPE, call["content"], call["headers"])
    authorized = await authorize_session(till, session_id)

    assert authorized.payment_id is not None
    assert await tx.fetchval("SELECT count(*) FROM payment") == 1


async def test_a_capture_in_stripes_dashboard_is_booked(till, tx, stripe):
    payment_id, _, intent_id = await paid(till, tx, stripe)
    intent = stripe.intents[intent_id]
    intent.update(status="succeeded", amount_received=2000)
    call = stripe.event("payment_intent.succeeded", intent)

    await receive_notice(till, STRIPE, call["content"], call["headers"])
    await receive_notice(till, STRIPE, call["content"], call["headers"])

    assert (await payment(tx, payment_id))["captured_amount"] == 20
    assert (await collection_of(tx, payment_id))["captured_amount"] == 20


async def test_a_cancellation_at_stripe_gives_the_payment_up(till, tx, stripe):
    payment_id, _, intent_id = await paid(till, tx, stripe)
    await tx.execute("UPDATE payment SET metadata = '{}' WHERE id = $1", payment_id)
    stripe.intents[intent_id]["status"] = "canceled"
    call = stripe.event("payment_intent.canceled", stripe.intents[intent_id])

    await receive_notice(till, STRIPE, call["content"], call["headers"])

    assert (await payment(tx, payment_id))["canceled_at"] is not None
    assert (await collection_of(tx, payment_id))["status"] == "canceled"


async def test_a_decline_that_comes_late_does_not_undo_a_payment(till, tx, stripe):
    payment_id, session_id, intent_id = await paid(till, tx, stripe)
    call = stripe.event("payment_intent.payment_failed", stripe.intents[intent_id])

    await receive_notice(till, STRIPE, call["content"], call["headers"])

    status = await tx.fetchval("SELECT status FROM payment_session WHERE id = $1", session_id)
    assert status == "authorized"
    assert (await payment(tx, payment_id))["canceled_at"] is None


@pytest.mark.parametrize("fault", ["forged", "unsigned", "old", "changed"])
async def test_a_call_that_is_not_signed_is_refused(till, tx, stripe, fault):
    _, _session_id, intent_id = await begin(till, tx)
    intent = stripe.confirm(intent_id)
    age = 1000 if fault == "old" else 0
    call = stripe.event("payment_intent.succeeded", intent, age=age)
    body, headers = call["content"], dict(call["headers"])
    if fault == "forged":
        headers["stripe-signature"] = headers["stripe-signature"][:-4] + "0000"
    if fault == "unsigned":
        headers = {}
    if fault == "changed":
        body = body.replace(b"30", b"31", 1) + b" "

    with pytest.raises(InvalidData, match="signature of the call is not valid"):
        await receive_notice(till, STRIPE, body, headers)

    assert await tx.fetchval("SELECT count(*) FROM payment") == 0


async def test_a_webhook_comes_over_http(app, client, till, tx, stripe, monkeypatch):
    monkeypatch.setitem(app.state.payment_providers, STRIPE, till.provider(STRIPE))
    _, _, intent_id = await begin(till, tx)
    path = "/hooks/payment/stripe_stripe"

    call = stripe.event("payment_intent.amount_capturable_updated", stripe.confirm(intent_id))
    taken = await client.post(path, **call)
    forged = await client.post(path, content=call["content"])

    assert (taken.status_code, taken.text) == (200, "OK")
    assert forged.status_code == 400
    assert "signature of the call is not valid" in forged.json()["message"]
    assert await tx.fetchval("SELECT count(*) FROM payment") == 1


async def test_an_event_of_something_else_is_passed_over(till, tx, stripe):
    _, _, intent_id = await begin(till, tx)
    for kind, intent in (
        ("customer.created", {"id": "cus_1"}),
        ("payment_intent.succeeded", {**stripe.intents[intent_id], "metadata": {}}),
        (
            "payment_intent.succeeded",
            {**stripe.intents[intent_id], "metadata": {"session_id": "payses_none"}},
        ),
    ):
        call = stripe.event(kind, intent)
        await receive_notice(till, STRIPE, call["content"], call["headers"])

    assert await tx.fetchval("SELECT count(*) FROM payment") == 0


async def test_a_refund_in_stripes_dashboard_is_booked(database, tx, stripe):
    await make_provider_row(tx, STRIPE)
    told = []

    async def listen(_, movement):
        told.append((movement.what, movement.amount))

    till = till_of(database, provider_at(stripe), listeners=(listen,))
    payment_id, _, intent_id = await paid(till, tx, stripe)
    await capture_payment(till, payment_id)
    first = stripe.event("charge.refunded", stripe.refund_in_dashboard(intent_id, 1000))
    second = stripe.event("charge.refunded", stripe.refund_in_dashboard(intent_id, 500))

    # They may come in any order, and twice.
    for call in (second, first, second):
        await receive_notice(till, STRIPE, call["content"], call["headers"])

    assert (await payment(tx, payment_id))["refunded_amount"] == 15
    assert (await collection_of(tx, payment_id))["refunded_amount"] == 15
    assert told == [("capture", 30), ("refund", 15)]
    assert await tx.fetchval("SELECT sum(amount) FROM refund") == 15
    with pytest.raises(InvalidData):
        await refund_payment(till, payment_id, Decimal("15.01"))


async def test_a_refund_of_ours_is_not_booked_twice_when_stripe_tells_of_it(till, tx, stripe):
    payment_id, _, intent_id = await paid(till, tx, stripe)
    await capture_payment(till, payment_id)
    await refund_payment(till, payment_id, Decimal(5))
    stripe.lost = 2
    with pytest.raises(TooSlow):
        await refund_payment(till, payment_id, Decimal(10))

    call = stripe.event("charge.refunded", stripe.charge(intent_id))
    await receive_notice(till, STRIPE, call["content"], call["headers"])
    row = await payment(tx, payment_id)

    assert (row["refunded_amount"], row["refunding_amount"]) == (15, 0)
    assert await settle_open_requests(till, after=NOW) == 0
    assert await tx.fetchval("SELECT count(*) FROM refund") == 2


async def test_a_capture_and_a_refund_there_are_booked_though_only_the_refund_is_told(
    till, tx, stripe
):
    payment_id, _, intent_id = await paid(till, tx, stripe)
    stripe.intents[intent_id].update(status="succeeded", amount_received=3000)

    call = stripe.event("charge.refunded", stripe.refund_in_dashboard(intent_id, 1200))
    await receive_notice(till, STRIPE, call["content"], call["headers"])

    row = await payment(tx, payment_id)
    assert (row["captured_amount"], row["refunded_amount"]) == (30, 12)


async def test_a_refund_that_ours_stands_in_the_way_of_is_told_again_later(till, tx, stripe):
    payment_id, _, intent_id = await paid(till, tx, stripe)
    await capture_payment(till, payment_id)
    call = stripe.event("charge.refunded", stripe.refund_in_dashboard(intent_id, 1000))
    stripe.broken = 2
    with pytest.raises(TooSlow):
        await refund_payment(till, payment_id, Decimal(25))

    with pytest.raises(Conflict, match="still in progress"):
        await receive_notice(till, STRIPE, call["content"], call["headers"])
    # Stripe refuses ours, as only 20 are left; then it tells of its own again.
    await settle_open_requests(till, after=NOW)
    await receive_notice(till, STRIPE, call["content"], call["headers"])

    row = await payment(tx, payment_id)
    assert (row["refunded_amount"], row["refunding_amount"]) == (10, 0)


async def test_a_refund_of_a_session_without_a_payment_changes_nothing(till, tx, stripe):
    _, _, intent_id = await begin(till, tx)
    stripe.intents[intent_id].update(status="succeeded", amount_received=3000)

    call = stripe.event("charge.refunded", stripe.refund_in_dashboard(intent_id, 3000))
    await receive_notice(till, STRIPE, call["content"], call["headers"])

    assert await tx.fetchval("SELECT count(*) FROM payment") == 0
    assert await tx.fetchval("SELECT count(*) FROM refund") == 0
