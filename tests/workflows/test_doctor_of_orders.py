"""`merx doctor` names orders whose money does not agree, and changes nothing about them."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.operations.doctor import examine
from tests.factories.depots import fulfill, make_depot, post

UNEVEN = "order that comes to something else than its rows"
UNSUMMED = "order whose summary differs from its transactions"
UNPAID = "order whose transactions differ from its payments"


@pytest.fixture
async def order_id(admin: httpx.AsyncClient, tx: Transaction) -> str:
    """An order at its fourth version: fulfilled, credited, paid and refunded in part."""
    depot = await make_depot(tx)
    order = await depot.order(1)
    await fulfill(admin, depot, order)
    credit = {"amount": 2, "reference": "favour", "reference_id": "f"}
    await post(admin, f"orders/{order.id}/credit-lines", **credit)
    due = {"order_id": order.id, "amount": 58}
    collection = (await post(admin, "payment-collections", **due))["payment_collection"]["id"]
    await post(admin, f"payment-collections/{collection}/mark-as-paid", order_id=order.id)
    await post(admin, f"payments/{await tx.fetchval('SELECT id FROM payment')}/refund", amount=8)
    return order.id


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("UPDATE order_item SET total = total + 1", {UNEVEN}),
        ("UPDATE order_shipping SET total = 0", {UNEVEN}),
        ("UPDATE order_credit_line SET amount = amount + 1 WHERE amount = 2", {UNEVEN}),
        ("DELETE FROM order_credit_line", {UNEVEN}),
        (
            "UPDATE order_summary SET paid_total = 57, refunded_total = 7 WHERE paid_total = 58",
            {UNSUMMED},
        ),
        ('UPDATE "order" SET total = total + 1', {UNEVEN, UNSUMMED}),
        ("DELETE FROM order_transaction WHERE amount < 0", {UNSUMMED, UNPAID}),
        ("UPDATE order_transaction SET amount = amount - 1 WHERE amount < 0", {UNSUMMED, UNPAID}),
        ("UPDATE order_transaction SET amount = 59 WHERE amount > 0", {UNSUMMED, UNPAID}),
    ],
)
async def test_a_broken_row_of_an_order_is_named(
    tx: Transaction, order_id: str, broken: str, words: set[str]
) -> None:
    assert await examine(tx) == []
    await tx.execute(broken)

    found = await examine(tx, repair=True)
    left = await examine(tx)

    assert {finding.words for finding in found} == words
    assert order_id in str(found[0])
    # Which of the two is right is for people to say.
    assert left == found
