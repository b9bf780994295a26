"""Captures, refunds and cancellations that come at once, and a server that is killed between."""

import asyncio
import signal
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from merx.core.errors import MerxError
from merx.modules.payment.payments import capture_payment, refund_payment
from merx.providers.stripe import StripePaymentProvider
from merx.workflows.selling.payment_notices import receive_notice
from merx.workflows.selling.payment_sessions import authorize_session, create_session
from merx.workflows.selling.settle_payments import settle_open_requests
from tests.factories.payments import (
    cancel_payment,
    make_owed,
    make_payment,
    make_provider_row,
    till_of,
)
from tests.factories.stripe_server import API_KEY, WEBHOOK_SECRET, stripe_server
from tests.server import running_server
from tests.workflows.support import post_all
from tests.workflows.test_crash import served

pytestmark = pytest.mark.commits

RACERS = 8
STRIPE = StripePaymentProvider.id
NOW = timedelta(seconds=-1)


async def row_of(tx, payment_id):
    return await tx.fetchrow("SELECT * FROM payment WHERE id = $1", payment_id)


async def sums(tx, payment_id):
    """By the payment, by its rows, and by its collection: what was captured and refunded."""
    row = await row_of(tx, payment_id)
    owed = await tx.fetchrow(
        "SELECT * FROM payment_collection WHERE id = $1", row["payment_collection_id"]
    )
    captured = await tx.fetchval(
        "SELECT coalesce(sum(amount), 0) FROM capture WHERE payment_id = $1", payment_id
    )
    refunded = await tx.fetchval(
        "SELECT coalesce(sum(amount), 0) FROM refund WHERE payment_id = $1", payment_id
    )
    assert (row["capturing_amount"], row["refunding_amount"]) == (0, 0)
    assert row["captured_amount"] == captured == owed["captured_amount"]
    assert row["refunded_amount"] == refunded == owed["refunded_amount"]
    return captured, refunded


async def test_captures_at_once_take_no_more_than_is_authorized(admin, database, tx):
    payment_id = await make_payment(till_of(database), tx, "30")

    answers = await post_all(
        admin, f"/admin/payments/{payment_id}/capture", [{"amount": 8}] * RACERS
    )

    assert Counter(answer.status_code for answer in answers) == {200: 3, 400: 5}
    assert await sums(tx, payment_id) == (24, 0)


async def test_captures_of_everything_at_once_take_it_once(admin, database, tx):
    payment_id = await make_payment(till_of(database), tx, "30")

    answers = await post_all(admin, f"/admin/payments/{payment_id}/capture", [{}] * RACERS)

    assert {answer.status_code for answer in answers} == {200}
    assert await sums(tx, payment_id) == (30, 0)


async def test_refunds_at_once_give_no_more_than_was_captured(admin, database, tx):
    payment_id = await make_payment(till_of(database), tx, "30")
    await capture_payment(till_of(database), payment_id)

    answers = await post_all(
        admin, f"/admin/payments/{payment_id}/refund", [{"amount": 12.5}] * RACERS
    )

    assert Counter(answer.status_code for answer in answers) == {200: 2, 400: 6}
    assert await sums(tx, payment_id) == (30, 25)


async def test_of_a_capture_and_a_cancellation_one_happens(database, tx):
    till = till_of(database)
    for _ in range(5):
        payment_id = await make_payment(till, tx)
        calls = (capture_payment, cancel_payment, capture_payment, cancel_payment)

        done = await asyncio.gather(
            *(call(till, payment_id) for call in calls), return_exceptions=True
        )

        assert all(one is None or isinstance(one, MerxError) for one in done), done
        row = await row_of(tx, payment_id)
        assert (row["captured_amount"] == 30) != (row["canceled_at"] is not None)


async def test_captures_and_refunds_at_once_agree_in_the_end(database, tx):
    till = till_of(database)
    payment_id = await make_payment(till, tx, "30")

    async def go(call, amount):
        with suppress(MerxError):
            await call(till, payment_id, Decimal(amount))

    await asyncio.gather(
        *(go(capture_payment, "2.5") for _ in range(16)),
        *(go(refund_payment, "1.25") for _ in range(16)),
    )

    captured, refunded = await sums(tx, payment_id)
    assert captured == 30
    assert refunded <= captured


async def test_sessions_begun_at_once_leave_one(database, tx):
    till = till_of(database)
    owed = await make_owed(tx)

    await asyncio.gather(
        *(create_session(till, owed.collection_id, "pp_system_default") for _ in range(RACERS))
    )

    live = await tx.fetchval("SELECT count(*) FROM payment_session WHERE deleted_at IS NULL")
    assert live == 1


async def test_a_session_authorized_by_many_at_once_is_one_payment(database, tx):
    till = till_of(database)
    owed = await make_owed(tx)
    session_id = await create_session(till, owed.collection_id, "pp_system_default")

    found = await asyncio.gather(*(authorize_session(till, session_id) for _ in range(RACERS)))

    assert len({one.payment_id for one in found}) == 1
    assert await tx.fetchval("SELECT count(*) FROM payment") == 1


@pytest.fixture
async def stripe():
    async with stripe_server() as double:
        yield double


async def paid_by_stripe(database, tx, double):
    await make_provider_row(tx, STRIPE)
    provider = StripePaymentProvider(API_KEY, webhook_secret=WEBHOOK_SECRET, api_url=double.url)
    till = till_of(database, provider)
    owed = await make_owed(tx)
    session_id = await create_session(till, owed.collection_id, STRIPE)
    data = await tx.fetchval("SELECT data FROM payment_session WHERE id = $1", session_id)
    double.confirm(data["id"])
    authorized = await authorize_session(till, session_id)
    assert authorized.payment_id
    return till, authorized.payment_id, data["id"]


async def test_no_lock_is_held_while_stripe_is_asked(database, tx, stripe):
    till, payment_id, _ = await paid_by_stripe(database, tx, stripe)
    stripe.gate = asyncio.Event()
    stripe.asked.clear()

    capturing = asyncio.create_task(capture_payment(till, payment_id))
    await asyncio.wait_for(stripe.asked.wait(), 10)
    locked = await tx.fetchval(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE d.datname = current_database() AND l.pid <> pg_backend_pid()"
        " AND l.mode NOT IN ('AccessShareLock')"
    )
    held = await tx.fetchrow("SELECT * FROM payment WHERE id = $1 FOR UPDATE NOWAIT", payment_id)
    with pytest.raises(MerxError):
        await cancel_payment(till, payment_id)
    stripe.gate.set()
    await capturing

    assert locked == 0
    assert held["capturing_amount"] == 30
    assert await sums(tx, payment_id) == (30, 0)


async def test_a_webhook_while_the_answer_is_on_its_way_books_once(database, tx, stripe):
    till, payment_id, intent_id = await paid_by_stripe(database, tx, stripe)
    stripe.gate = asyncio.Event()
    stripe.asked.clear()
    capturing = asyncio.create_task(capture_payment(till, payment_id))
    await asyncio.wait_for(stripe.asked.wait(), 10)
    call = stripe.event("payment_intent.succeeded", stripe.intents[intent_id])

    await asyncio.gather(
        *(receive_notice(till, STRIPE, call["content"], call["headers"]) for _ in range(4))
    )
    before = await sums(tx, payment_id)
    stripe.gate.set()
    await capturing

    assert before == await sums(tx, payment_id) == (30, 0)


async def test_reconcilers_at_once_ask_each_question_once(database, tx, stripe):
    till, payment_id, _ = await paid_by_stripe(database, tx, stripe)
    await capture_payment(till, payment_id)
    stripe.lost = 2
    with pytest.raises(MerxError):
        await refund_payment(till, payment_id, Decimal(10))

    closed = await asyncio.gather(*(settle_open_requests(till, after=NOW) for _ in range(4)))

    assert sum(closed) >= 1
    assert [refund["amount"] for refund in stripe.refunds] == [1000]
    assert await sums(tx, payment_id) == (30, 10)


@pytest.mark.slow
async def test_a_kill_between_the_question_and_the_answer_loses_nothing(
    database, tx, database_url, stripe, tmp_path
):
    till, payment_id, intent_id = await paid_by_stripe(database, tx, stripe)
    stripe.gate = asyncio.Event()
    stripe.asked.clear()
    settings = {"STRIPE_API_KEY": API_KEY, "STRIPE_API_URL": stripe.url}
    with running_server(database_url, tmp_path, **settings) as server:
        async with served(server.url) as client:
            call = client.post(f"/admin/payments/{payment_id}/capture", json={"amount": 12.5})
            capturing = asyncio.create_task(call)
            await asyncio.wait_for(stripe.asked.wait(), 20)
            server.process.send_signal(signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await capturing
    stripe.gate.set()
    stripe.gate = None

    left = await row_of(tx, payment_id)
    settled = await settle_open_requests(till, after=NOW)

    assert (left["captured_amount"], left["capturing_amount"]) == (0, Decimal("12.5"))
    assert settled == 1
    assert stripe.intents[intent_id]["amount_received"] == 1250
    assert stripe.done("/capture") == 1
    assert await sums(tx, payment_id) == (Decimal("12.5"), 0)
