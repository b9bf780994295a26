"""Payments by Stripe, from the session to the refund, on a double that behaves as it documents."""

import asyncio
from decimal import Decimal

import pytest

from merx.core.errors import InvalidData, NotAllowed, TooSlow
from merx.modules.payment.payments import (
    capture_payment,
    refund_payment,
    settle_movements,
)
from merx.providers.payment import Person, SessionStatus
from merx.workflows.selling.account_holders import find_buyer, save_method, saved_methods
from merx.workflows.selling.payment_collections import change_cart_collection
from merx.workflows.selling.payment_sessions import (
    authorize_session,
    begin_release,
    create_session,
)
from merx.workflows.selling.settle_payments import settle_open_requests
from tests.factories.payments import cancel_payment, make_owed, make_provider_row, till_of
from tests.factories.stripe_payments import (
    NOW,
    STRIPE,
    begin,
    collection_of,
    paid,
    payment,
    provider_at,
    requests,
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


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("30.5", "eur", 3050), ("500", "jpy", 500), ("5.12", "kwd", 5120), ("5", "isk", 500)],
)
async def test_an_amount_is_asked_in_the_smallest_unit(till, tx, stripe, amount, currency, minor):
    _, _, intent_id = await begin(till, tx, amount, currency)

    assert stripe.intents[intent_id]["amount"] == minor
    assert stripe.intents[intent_id]["currency"] == currency


async def test_money_is_reserved_captured_and_refunded(till, tx, stripe):
    payment_id, _session_id, intent_id = await paid(till, tx, stripe)
    await capture_payment(till, payment_id, Decimal("12.5"))
    await refund_payment(till, payment_id, Decimal("2.5"), note="late")

    intent = stripe.intents[intent_id]
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 1250)
    assert [refund["amount"] for refund in stripe.refunds] == [250]
    row = await payment(tx, payment_id)
    assert (row["captured_amount"], row["refunded_amount"]) == (Decimal("12.5"), Decimal("2.5"))
    assert (row["capturing_amount"], row["refunding_amount"]) == (0, 0)
    owed = await collection_of(tx, payment_id)
    assert (owed["status"], owed["captured_amount"]) == ("authorized", Decimal("12.5"))
    assert {state for _, state in await requests(tx)} == {"done"}
    asked = [key for _, _, key in stripe.requests if key]
    assert set(asked) == set(await all_keys(tx))


async def test_a_card_that_must_be_shown_to_be_the_buyers_is_no_payment_yet(till, tx, stripe):
    _, session_id, intent_id = await begin(till, tx)
    stripe.confirm(intent_id, "3ds")

    first = await authorize_session(till, session_id)
    stripe.authenticate(intent_id)
    second = await authorize_session(till, session_id)

    assert (first.payment_id, first.status) == (None, SessionStatus.REQUIRES_MORE)
    assert second.payment_id is not None
    status = await tx.fetchval("SELECT status FROM payment_session WHERE id = $1", session_id)
    assert status == "authorized"


async def test_a_declined_card_can_be_followed_by_another(till, tx, stripe):
    _, session_id, intent_id = await begin(till, tx)
    stripe.confirm(intent_id, "declined")

    declined = await authorize_session(till, session_id)
    stripe.confirm(intent_id)
    accepted = await authorize_session(till, session_id)

    assert (declined.payment_id, declined.status) == (None, SessionStatus.ERROR)
    assert declined.error == "Your card was declined."
    assert accepted.payment_id is not None


async def test_an_intent_that_captures_at_once_is_a_captured_payment(database, tx, stripe):
    await make_provider_row(tx, STRIPE)
    told = []

    async def listen(_, movement):
        told.append((movement.what, movement.amount))

    till = till_of(database, provider_at(stripe, captures_at_once=True), listeners=(listen,))
    payment_id, _, _ = await paid(till, tx, stripe)

    row = await payment(tx, payment_id)
    assert row["captured_amount"] == 30
    assert row["captured_at"] is not None
    assert (await collection_of(tx, payment_id))["status"] == "completed"
    assert told == [("capture", Decimal(30))]


async def test_what_stripe_refuses_changes_nothing(till, tx, stripe):
    payment_id, _, intent_id = await paid(till, tx, stripe)
    stripe.intents[intent_id].update(status="canceled")

    with pytest.raises(NotAllowed, match="could not be captured"):
        await capture_payment(till, payment_id)

    row = await payment(tx, payment_id)
    assert (row["captured_amount"], row["capturing_amount"]) == (0, 0)
    assert await requests(tx) == [
        ("initiate", "done"),
        ("authorize", "done"),
        ("capture", "failed"),
    ]


async def test_an_answer_that_is_lost_is_asked_for_again_under_its_key(till, tx, stripe):
    payment_id, _, _ = await paid(till, tx, stripe)
    stripe.lost = 2

    with pytest.raises(TooSlow):
        await capture_payment(till, payment_id)
    open_row = await payment(tx, payment_id)
    with pytest.raises(InvalidData):
        await capture_payment(till, payment_id)
    settled = await settle_open_requests(till, after=NOW)

    assert (open_row["captured_amount"], open_row["capturing_amount"]) == (0, 30)
    assert settled == 1
    row = await payment(tx, payment_id)
    assert (row["captured_amount"], row["capturing_amount"]) == (30, 0)
    assert stripe.done("/capture") == 1
    assert await tx.fetchval("SELECT count(*) FROM capture") == 1


async def test_an_answer_beyond_the_life_of_a_key_is_found_too(till, tx, stripe):
    payment_id, _, _ = await paid(till, tx, stripe)
    stripe.lost = 2
    with pytest.raises(TooSlow):
        await capture_payment(till, payment_id)
    stripe.answers.clear()

    assert await settle_open_requests(till, after=NOW) == 1
    assert (await payment(tx, payment_id))["captured_amount"] == 30


async def test_a_provider_that_is_down_is_asked_less_and_less_often(till, tx, stripe):
    payment_id, _, _ = await paid(till, tx, stripe)
    stripe.broken = 100
    with pytest.raises(TooSlow):
        await capture_payment(till, payment_id)

    assert await settle_open_requests(till, after=NOW) == 0
    assert await requests(tx) == [
        ("initiate", "done"),
        ("authorize", "done"),
        ("capture", "unknown"),
    ]
    stripe.broken = 0
    minute = -NOW * 60
    assert await settle_open_requests(till, after=minute) == 0
    await tx.execute("UPDATE payment_request SET asked_at = now() - interval '5 minutes'")
    assert await settle_open_requests(till, after=minute) == 1


async def test_a_refund_whose_answer_is_lost_is_given_once(till, tx, stripe):
    payment_id, _, _ = await paid(till, tx, stripe)
    await capture_payment(till, payment_id)
    stripe.lost = 2

    with pytest.raises(TooSlow):
        await refund_payment(till, payment_id, Decimal(10))
    await settle_open_requests(till, after=NOW)

    assert [refund["amount"] for refund in stripe.refunds] == [1000]
    assert (await payment(tx, payment_id))["refunded_amount"] == 10


async def test_a_payment_without_an_order_is_released(till, tx, stripe):
    payment_id, session_id, intent_id = await paid(till, tx, stripe)
    await tx.execute("DELETE FROM order_payment_collection")

    async with till.write() as own:
        asked = await begin_release(own, payment_id)
    await settle_movements(till, asked)

    assert stripe.intents[intent_id]["status"] == "canceled"
    owed = await collection_of(tx, payment_id)
    assert owed["status"] == "not_paid"
    assert await tx.fetchval("SELECT deleted_at FROM payment_session WHERE id = $1", session_id)


async def test_what_was_captured_without_an_order_is_given_back(database, tx, stripe):
    await make_provider_row(tx, STRIPE)
    till = till_of(database, provider_at(stripe, captures_at_once=True))
    payment_id, session_id, _ = await paid(till, tx, stripe)
    await tx.execute("DELETE FROM order_payment_collection")

    async with till.write() as own:
        asked = await begin_release(own, payment_id)
    async with till.write() as own:
        assert await begin_release(own, payment_id) == []
    await settle_movements(till, asked)

    assert [refund["amount"] for refund in stripe.refunds] == [3000]
    assert (await collection_of(tx, payment_id))["status"] == "not_paid"
    assert await tx.fetchval("SELECT deleted_at FROM payment_session WHERE id = $1", session_id)


async def test_a_session_that_is_replaced_is_forgotten_at_stripe(till, tx, stripe):
    owed, first, intent_id = await begin(till, tx)

    await create_session(till, owed.collection_id, STRIPE)
    settled = await settle_open_requests(till, after=NOW)

    assert settled == 1
    assert stripe.intents[intent_id]["status"] == "canceled"
    assert await tx.fetchval("SELECT deleted_at FROM payment_session WHERE id = $1", first)


async def test_a_dropped_session_that_is_paid_after_all_is_given_back(till, tx, stripe):
    owed, _first, intent_id = await begin(till, tx)
    await create_session(till, owed.collection_id, STRIPE)
    intent = stripe.confirm(intent_id)
    intent.update(status="succeeded", amount_received=3000)

    await settle_open_requests(till, after=NOW)

    assert [refund["amount"] for refund in stripe.refunds] == [3000]
    assert await tx.fetchval("SELECT count(*) FROM payment") == 0


async def test_a_cart_that_changes_drops_its_session(till, tx, stripe):
    owed, session_id, intent_id = await begin(till, tx)
    await tx.execute("INSERT INTO cart (id, currency_code) VALUES ('cart_1', 'eur')")
    await tx.execute(
        "INSERT INTO cart_payment_collection (cart_id, payment_collection_id, id)"
        " VALUES ('cart_1', $1, 'x')",
        owed.collection_id,
    )

    await change_cart_collection(tx, "cart_1", currency_code="eur", amount=Decimal("30.000"))
    kept = await tx.fetchval("SELECT deleted_at FROM payment_session WHERE id = $1", session_id)
    await change_cart_collection(tx, "cart_1", currency_code="eur", amount=Decimal("31.005"))

    assert kept is None
    assert await tx.fetchval("SELECT deleted_at FROM payment_session WHERE id = $1", session_id)
    amount = await tx.fetchval(
        "SELECT amount FROM payment_collection WHERE id = $1", owed.collection_id
    )
    assert amount == Decimal("31.01")
    await settle_open_requests(till, after=NOW)
    assert stripe.intents[intent_id]["status"] == "canceled"


async def test_a_customer_has_one_account_and_saves_ways_to_pay(till, tx, stripe):
    await tx.execute(
        "INSERT INTO customer (id, email, has_account) VALUES ('cus_1', 'a@b.co', true)"
    )
    provider = till.provider(STRIPE)
    first = await find_buyer(till, provider, "cus_1")
    second = await find_buyer(till, provider, "cus_1")
    assert first is not None
    assert second is not None

    owed = await make_owed(tx)
    session_id = await create_session(till, owed.collection_id, STRIPE, buyer=second)
    holder_id = await tx.fetchval("SELECT id FROM account_holder")
    saved = await save_method(till, holder_id, {"payment_method": "pm_1"})
    stripe.methods = [{"id": "pm_1", "object": "payment_method"}]
    [method] = await saved_methods(till, holder_id)

    assert first.holder == second.holder
    assert list(stripe.customers) == [first.holder.external_id]
    [intent] = stripe.intents.values()
    assert intent["customer"] == first.holder.external_id
    assert (saved.id, method.id) == ("seti_1", "pm_1")
    context = await tx.fetchval("SELECT context FROM payment_session WHERE id = $1", session_id)
    assert context["customer"]["email"] == "a@b.co"
    assert context["account_holder"]["external_id"] == first.holder.external_id


async def test_a_person_who_opens_two_accounts_at_once_gets_one(till, stripe):
    provider = till.provider(STRIPE)
    person = Person("cus_1", "a@b.co")

    first, second = await asyncio.gather(
        provider.open_account(person, "one"), provider.open_account(person, "one")
    )

    assert first.external_id == second.external_id


async def test_a_canceled_payment_can_be_canceled_again(till, tx, stripe):
    payment_id, _, intent_id = await paid(till, tx, stripe)

    await cancel_payment(till, payment_id)
    await cancel_payment(till, payment_id)

    assert stripe.intents[intent_id]["status"] == "canceled"
    assert stripe.done("/cancel") == 1


async def all_keys(tx):
    return [
        row[0] for row in await tx.fetch("SELECT id FROM payment_request WHERE kind <> 'authorize'")
    ]
