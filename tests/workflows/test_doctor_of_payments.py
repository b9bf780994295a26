"""`merx doctor` names payments that disagree with their rows, and questions without an answer."""

import pytest

from merx.modules.payment.payments import capture_payment, refund_payment
from merx.operations.doctor import examine
from tests.factories.payments import make_payment, till_of

UNEVEN = "payment whose amounts differ from its rows"
UNBOOKED = "order whose transactions differ from its payments"
UNSUMMED = "payment collection whose amounts differ from its payments"
UNANSWERED = "payment request without an answer"


@pytest.fixture
async def payment_id(database, tx):
    till = till_of(database)
    payment_id = await make_payment(till, tx)
    await capture_payment(till, payment_id)
    await refund_payment(till, payment_id)
    return payment_id


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("UPDATE payment SET refunded_amount = 1", {UNEVEN}),
        # Mending the first would break the next.
        ("DELETE FROM refund", {UNEVEN, UNSUMMED, UNBOOKED}),
        ("UPDATE payment SET refunded_amount = 0, refunding_amount = 2", {UNEVEN}),
        ("UPDATE payment_collection SET refunded_amount = 3", {UNSUMMED}),
        (
            "UPDATE payment_request SET state = 'unknown', answered_at = NULL,"
            " requested_at = now() - interval '1 hour' WHERE kind = 'initiate'",
            {UNANSWERED},
        ),
    ],
)
async def test_what_is_broken_is_named_and_put_right(tx, payment_id, broken, words):
    assert await examine(tx) == []
    await tx.execute(broken)

    found = await examine(tx, repair=True)
    left = await examine(tx)

    assert {finding.words for finding in found} == words
    # The paid total of an order is never changed by a guess.
    assert {finding.words for finding in left} <= {UNANSWERED, UNBOOKED}
    asked_at = await tx.fetchval("SELECT min(asked_at)::text FROM payment_request")
    assert (asked_at == "-infinity") == (UNANSWERED in words)
