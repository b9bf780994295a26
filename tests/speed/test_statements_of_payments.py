"""Payments cost a fixed number of statements, however many captures and sessions there are."""

import pytest

from tests.answers import good
from tests.factories.payments import SYSTEM, make_owed, make_payment, till_of
from tests.observed import statements_of


async def captured(admin, database, tx, times):
    payment_id = await make_payment(till_of(database), tx, "100")
    for _ in range(times):
        await admin.post(f"/admin/payments/{payment_id}/capture", json={"amount": 1})
    return payment_id


async def test_captures_and_refunds(admin, database, tx):
    found = set()
    for times in (1, 20):
        payment_id = await captured(admin, database, tx, times)
        async with statements_of(tx) as capture:
            good(await admin.post(f"/admin/payments/{payment_id}/capture", json={"amount": 1}))
        async with statements_of(tx) as refund:
            good(await admin.post(f"/admin/payments/{payment_id}/refund", json={"amount": 1}))
        found.add((len(capture), len(refund)))

    # Who calls; lock, count, write; lock, close, book, sum up, tell; what the order does; answer.
    [(captures, refunds)] = found
    assert captures <= 14
    assert refunds <= 26


@pytest.mark.parametrize("times", [1, 20])
async def test_a_list_of_payments_is_one_statement(admin, database, tx, times):
    await captured(admin, database, tx, times)

    async with statements_of(tx) as seen:
        good(await admin.get("/admin/payments"))

    assert len(seen) == 2


@pytest.mark.parametrize("times", [1, 20])
async def test_sessions(admin, tx, times):
    owed = await make_owed(tx)
    path = f"/admin/payment-collections/{owed.collection_id}/payment-sessions"
    for _ in range(times):
        good(await admin.post(path, json={"provider_id": SYSTEM}))

    async with statements_of(tx) as seen:
        good(await admin.post(path, json={"provider_id": SYSTEM}))

    # Who calls; which cart; the session; the request with its answer, and the session shown; the
    # answer.
    assert len(seen) == 5
