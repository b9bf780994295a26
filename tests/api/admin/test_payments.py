"""/admin/payments and /admin/payment-collections: what is owed, taken and given back."""

import pytest

from tests.answers import good, refused
from tests.factories.payments import SYSTEM, make_order, make_owed, make_payment, till_of

TOO_MUCH = (
    "You cannot capture more than the authorized amount substracted by what is already captured."
)
NOT_CAPTURED = "You are not allowed to refund more than the captured amount"


@pytest.fixture
async def payment_id(database, tx):
    return await make_payment(till_of(database), tx)


async def capture(admin, payment_id, **body):
    return await admin.post(f"/admin/payments/{payment_id}/capture", json=body)


async def refund(admin, payment_id, **body):
    return await admin.post(f"/admin/payments/{payment_id}/refund", json=body)


def amounts(payment, what):
    return [row["amount"] for row in payment[what]]


async def test_a_capture_without_an_amount_takes_the_rest(admin, payment_id):
    good(await capture(admin, payment_id, amount=5.5))

    taken = good(await capture(admin, payment_id))["payment"]
    again = good(await capture(admin, payment_id))["payment"]

    assert amounts(taken, "captures") == [5.5, 24.5]
    assert taken["captured_at"] is not None
    assert again == taken


async def test_a_refund_without_an_amount_gives_the_rest_back(admin, payment_id):
    good(await capture(admin, payment_id))
    good(await refund(admin, payment_id, amount=2, note="late"))

    given = good(await refund(admin, payment_id))["payment"]

    assert amounts(given, "refunds") == [2, 28]
    assert refused(await refund(admin, payment_id)) == NOT_CAPTURED


async def test_more_than_is_left_is_refused(admin, tx, payment_id):
    good(await capture(admin, payment_id, amount=10))

    assert refused(await capture(admin, payment_id, amount=20.01)) == TOO_MUCH
    assert refused(await refund(admin, payment_id, amount=10.01)) == NOT_CAPTURED

    row = await tx.fetchrow("SELECT * FROM payment WHERE id = $1", payment_id)
    assert (row["captured_amount"], row["capturing_amount"], row["refunding_amount"]) == (10, 0, 0)


@pytest.mark.parametrize(
    ("currency", "owed", "asked", "taken"),
    [
        ("eur", "61.9615", 20.005, 20.01),
        ("jpy", "1089.72", 500.4, 500),
        ("kwd", "5.1235", 1.2344, 1.234),
    ],
)
async def test_amounts_are_rounded_to_what_the_currency_has(
    admin, database, tx, currency, owed, asked, taken
):
    payment_id = await make_payment(till_of(database), tx, owed, currency)

    payment = good(await capture(admin, payment_id, amount=asked))["payment"]
    rest = good(await capture(admin, payment_id))["payment"]

    assert amounts(payment, "captures") == [taken]
    assert round(sum(amounts(rest, "captures")), 6) == rest["amount"]


@pytest.mark.parametrize("amount", [0, -1, "5", None, 1e-9, True, [1]])
async def test_an_amount_that_is_none_is_refused(admin, tx, payment_id, amount):
    refused(await capture(admin, payment_id, amount=amount))
    refused(await refund(admin, payment_id, amount=amount))

    assert await tx.fetchval("SELECT count(*) FROM payment_request WHERE kind = 'capture'") == 0


async def test_a_query_that_cannot_be_answered_moves_nothing(admin, tx, payment_id):
    answer = await admin.post(f"/admin/payments/{payment_id}/capture?foo=1", json={})

    assert "foo" in refused(answer)
    assert await tx.fetchval("SELECT captured_amount FROM payment WHERE id = $1", payment_id) == 0


async def test_a_refund_names_its_reason(admin, payment_id):
    good(await capture(admin, payment_id))
    reason = good(
        await admin.post("/admin/refund-reasons", json={"label": "Lost", "code": "lost"})
    )["refund_reason"]

    given = good(await refund(admin, payment_id, amount=1, refund_reason_id=reason["id"]))
    unknown = await refund(admin, payment_id, amount=1, refund_reason_id="refr_none")

    [row] = given["payment"]["refunds"]
    assert row["refund_reason"] == {"id": reason["id"], "label": "Lost", "code": "lost"}
    assert refused(unknown, 404) == "RefundReason id not found: refr_none"


async def test_an_order_tells_of_its_refunds_and_their_reasons(admin, tx, payment_id):
    good(await capture(admin, payment_id))
    reason = good(
        await admin.post("/admin/refund-reasons", json={"label": "Lost", "code": "lost"})
    )["refund_reason"]
    good(await refund(admin, payment_id, amount=1))
    good(await refund(admin, payment_id, amount=2, refund_reason_id=reason["id"]))

    order_id, collection_id = await tx.fetchrow(
        "SELECT order_id, payment_collection_id FROM order_payment_collection"
    )
    order = good(await admin.get(f"/admin/orders/{order_id}?fields=total,*credit_lines"))["order"]

    told = [(c["amount"], c["reference"], c["reference_id"]) for c in order["credit_lines"]]
    assert told == [(1, "payment_collection", collection_id), (2, "Lost", "lost")]
    assert order["total"] == 27


async def test_a_collection_follows_its_payments(admin, tx, payment_id):
    async def owed():
        return await tx.fetchrow(
            "SELECT c.status, c.captured_amount, c.refunded_amount, c.completed_at"
            " FROM payment_collection c JOIN payment p ON p.payment_collection_id = c.id"
            " WHERE p.id = $1",
            payment_id,
        )

    authorized = await owed()
    good(await capture(admin, payment_id, amount=10))
    partly = await owed()
    good(await capture(admin, payment_id))
    good(await refund(admin, payment_id, amount=4))
    whole = await owed()

    assert authorized["status"] == "authorized"
    assert (partly["status"], partly["captured_amount"]) == ("authorized", 10)
    assert (whole["status"], whole["captured_amount"], whole["refunded_amount"]) == (
        "completed",
        30,
        4,
    )
    assert whole["completed_at"] is not None


async def test_what_is_owed_is_marked_as_paid(admin, tx):
    owed = await make_owed(tx, "12")
    path = f"/admin/payment-collections/{owed.collection_id}/mark-as-paid"

    other = await make_order(tx)
    foreign = await admin.post(path, json={"order_id": other})
    paid = good(await admin.post(path, json={"order_id": owed.order_id}))["payment_collection"]
    again = await admin.post(path, json={"order_id": owed.order_id})

    refused(foreign, 404)
    assert (paid["status"], paid["captured_amount"]) == ("completed", 12)
    [session], [payment] = paid["payment_sessions"], paid["payments"]
    assert (session["provider_id"], session["status"]) == (SYSTEM, "authorized")
    assert payment["captured_at"] is not None
    assert refused(again) == "Can only mark 'not_paid' payment collection as paid"


async def test_a_collection_of_an_order_is_made_and_deleted(admin, tx):
    order_id = await make_order(tx)
    path = "/admin/payment-collections"

    made = good(await admin.post(path, json={"order_id": order_id, "amount": 10.005}))
    collection_id = made["payment_collection"]["id"]
    session = await admin.post(
        f"{path}/{collection_id}/payment-sessions", json={"provider_id": SYSTEM}
    )
    gone = good(await admin.delete(f"{path}/{collection_id}"))

    assert made["payment_collection"]["amount"] == 10.01
    assert made["payment_collection"]["status"] == "not_paid"
    assert good(session)["payment_collection"]["payment_sessions"][0]["status"] == "pending"
    assert gone == {"id": collection_id, "object": "payment-collection", "deleted": True}
    unknown = await admin.delete(f"{path}/{collection_id}")
    assert refused(unknown, 404) == f"PaymentCollection id not found: {collection_id}"
    negative = await admin.post(path, json={"order_id": order_id, "amount": -1})
    assert "must not be negative" in refused(negative)


async def test_a_collection_that_is_paid_is_not_deleted(admin, tx, payment_id):
    collection_id = await tx.fetchval(
        "SELECT payment_collection_id FROM payment WHERE id = $1", payment_id
    )

    answer = await admin.delete(f"/admin/payment-collections/{collection_id}")

    assert refused(answer) == "Can only delete payment collections where status is not_paid"


async def test_a_payment_knows_its_order(admin, payment_id):
    payment = good(
        await admin.get(f"/admin/payments/{payment_id}?fields=payment_collection.order.id")
    )["payment"]

    assert payment["payment_collection"]["order"]["id"].startswith("order_")


async def test_a_call_of_the_system_provider_is_taken_and_of_none_refused(client):
    taken = await client.post("/hooks/payment/system_default", json={"a": 1})
    unknown = await client.post("/hooks/payment/nobody", json={})

    assert (taken.status_code, taken.text) == (200, "OK")
    assert refused(unknown, 404) == "Payment provider pp_nobody was not found"
