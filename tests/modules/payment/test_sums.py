"""However payments are captured and refunded, their sums agree with a slow account of them."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merx.core.errors import InvalidData
from merx.modules.payment.amounts import rounded
from merx.modules.payment.payments import capture_payment, refund_payment
from tests.factories.payments import make_payment, till_of

DIGITS = {"eur": 2, "jpy": 0, "kwd": 3}
AMOUNTS = st.none() | st.decimals("0.001", 40, places=4)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    currency=st.sampled_from(sorted(DIGITS)),
    owed=st.decimals(1, 60, places=4),
    moves=st.lists(st.tuples(st.sampled_from(["capture", "refund"]), AMOUNTS), max_size=6),
)
async def test_sums_never_drift(database, tx, currency, owed, moves):
    till, digits = till_of(database), DIGITS[currency]
    payment_id = await make_payment(till, tx, str(owed), currency)
    total, captured, refunded = rounded(owed, digits), Decimal(0), Decimal(0)

    for what, wanted in moves:
        left = total - captured if what == "capture" else captured - refunded
        amount = left if wanted is None else rounded(wanted, digits)
        is_whole = what == "capture" and captured == total
        is_good = is_whole or 0 < amount <= left
        call = capture_payment if what == "capture" else refund_payment
        try:
            await call(till, payment_id, wanted)
            was_good = True
        except InvalidData:
            was_good = False
        assert was_good == is_good
        if was_good and not is_whole:
            captured += amount if what == "capture" else 0
            refunded += amount if what == "refund" else 0

    row = await tx.fetchrow(
        "SELECT p.*, c.captured_amount AS c_captured, c.refunded_amount AS c_refunded,"
        " (SELECT coalesce(sum(amount), 0) FROM capture WHERE payment_id = p.id) AS captures,"
        " (SELECT coalesce(sum(amount), 0) FROM refund WHERE payment_id = p.id) AS refunds"
        " FROM payment p JOIN payment_collection c ON c.id = p.payment_collection_id"
        " WHERE p.id = $1",
        payment_id,
    )
    assert row["captured_amount"] == row["captures"] == row["c_captured"] == captured
    assert row["refunded_amount"] == row["refunds"] == row["c_refunded"] == refunded
    assert (row["capturing_amount"], row["refunding_amount"]) == (0, 0)
    assert (row["captured_at"] is not None) == (captured == total)
