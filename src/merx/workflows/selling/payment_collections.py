"""Payment collections of carts and orders."""

from collections.abc import Sequence
from decimal import Decimal

from merx.batch import insert_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.modules.payment.collections import insert_collection
from merx.modules.payment.models import OrderPaymentCollection
from merx.modules.payment.payments import begin_cancel, begin_refund, capture_payment
from merx.modules.payment.requests import ProviderRequest
from merx.modules.payment.sessions import drop_sessions
from merx.modules.payment.till import Till
from merx.workflows.selling.payment_sessions import authorize_session, create_session

_UNKNOWN = "PaymentCollection id not found: {}"
_DELETE = """UPDATE payment_collection SET deleted_at = now(), updated_at = now()
WHERE id = $1 AND deleted_at IS NULL AND status = 'not_paid' RETURNING true"""
_CHANGE = """UPDATE payment_collection c
SET amount = owed.amount, currency_code = owed.code, updated_at = now()
FROM cart_payment_collection l, (
  SELECT code, trim_scale(round($2, decimal_digits)) AS amount FROM currency WHERE code = $3) owed
WHERE l.cart_id = $1 AND c.id = l.payment_collection_id AND c.deleted_at IS NULL
  AND c.status IN ('not_paid', 'awaiting')
  AND (c.amount, c.currency_code) <> (owed.amount, owed.code)
RETURNING c.id"""
_HOLD = """SELECT (SELECT l.payment_collection_id FROM cart_payment_collection l
  JOIN payment_collection p ON p.id = l.payment_collection_id
  WHERE l.cart_id = c.id AND p.deleted_at IS NULL) AS collection_id,
  c.ctid <> (SELECT y.ctid FROM cart y WHERE y.id = $1) AS is_newer
FROM cart c WHERE c.id = $1 AND c.deleted_at IS NULL FOR NO KEY UPDATE OF c"""
# The link to a deleted collection is reused. The cart's row is updated without a change, so that
# transactions waiting for it see that a part of the cart has changed (carts/load.py).
_OWE = """WITH owed AS (
  UPDATE cart c SET version = c.version FROM currency y
  WHERE c.id = $1 AND y.code = c.currency_code
  RETURNING c.id, c.currency_code, trim_scale(round(c.total, y.decimal_digits)) AS amount),
made AS (INSERT INTO payment_collection (id, currency_code, amount)
  SELECT $2, currency_code, amount FROM owed)
INSERT INTO cart_payment_collection (cart_id, payment_collection_id, id)
SELECT id, $2, $3 FROM owed
ON CONFLICT (cart_id) DO UPDATE SET payment_collection_id = excluded.payment_collection_id
RETURNING payment_collection_id"""
_PAYMENTS = """SELECT p.id, p.captured_amount - p.refunded_amount - p.refunding_amount AS taken,
  p.captured_amount + p.capturing_amount = 0 AS is_untouched
FROM order_payment_collection l
JOIN payment p ON p.payment_collection_id = l.payment_collection_id AND p.deleted_at IS NULL
WHERE l.order_id = $1 ORDER BY p.id FOR NO KEY UPDATE OF p"""


async def cart_collection(tx: Transaction, cart_id: str) -> str | None:
    """The collection of a cart, existing or new; None without such a cart. Locks the cart."""
    row = await tx.fetchrow(_HOLD, cart_id)
    if row is not None and row["is_newer"]:
        row = await tx.fetchrow(_HOLD, cart_id)
    if row is None:
        return None
    return row["collection_id"] or await tx.fetchval(
        _OWE, cart_id, new_id("pay_col"), new_id("capaycol")
    )


async def change_cart_collection(
    tx: Transaction, cart_id: str, *, currency_code: str, amount: Decimal
) -> None:
    """Update the collection of a cart, if it has one; a new amount deletes its sessions."""
    collection_id = await tx.fetchval(_CHANGE, cart_id, amount, currency_code)
    if collection_id is not None:
        await drop_sessions(tx, collection_id)


async def order_collection(
    tx: Transaction, order_id: str, *, currency_code: str, amount: Decimal
) -> str:
    """A new collection of an amount due for an order."""
    if amount < 0:
        raise InvalidData("Invalid request: amount must not be negative")
    collection_id = await insert_collection(tx, currency_code, amount)
    await link_order(tx, order_id, [collection_id])
    return collection_id


async def link_order(tx: Transaction, order_id: str, collection_ids: Sequence[str]) -> None:
    """Link the collections to the order, as that of a completed cart is."""
    rows = [
        {"order_id": order_id, "payment_collection_id": one, "id": new_id("ordpay")}
        for one in collection_ids
    ]
    await insert_rows(tx, OrderPaymentCollection.__table__, rows)


async def delete_collection(tx: Transaction, collection_id: str) -> None:
    """Delete a collection without payments."""
    if await tx.fetchval(_DELETE, collection_id):
        await drop_sessions(tx, collection_id)
        return
    if await tx.fetchval(
        "SELECT true FROM payment_collection WHERE id = $1 AND deleted_at IS NULL", collection_id
    ):
        raise NotAllowed("Can only delete payment collections where status is not_paid")
    raise NotFound(_UNKNOWN.format(collection_id))


async def mark_as_paid(
    till: Till, collection_id: str, order_id: str, provider_id: str = "pp_system_default"
) -> None:
    """Mark a collection of the order as paid outside the shop: a session, its payment and its
    capture.
    """
    async with till.database.read() as tx:
        row = await tx.fetchrow(
            "SELECT c.status, l.order_id FROM payment_collection c"
            " LEFT JOIN order_payment_collection l ON l.payment_collection_id = c.id"
            " WHERE c.id = $1 AND c.deleted_at IS NULL",
            collection_id,
        )
    if row is None:
        raise NotFound(_UNKNOWN.format(collection_id))
    if row["status"] != "not_paid":
        raise NotAllowed("Can only mark 'not_paid' payment collection as paid")
    if row["order_id"] != order_id:
        raise NotFound(f"Order {order_id} has no payment collection with id: {collection_id}")
    session_id = await create_session(till, collection_id, provider_id)
    authorized = await authorize_session(till, session_id)
    if authorized.payment_id is None:
        raise NotAllowed(authorized.error)
    await capture_payment(till, authorized.payment_id)


async def begin_cancel_order_payments(tx: Transaction, order_id: str) -> list[ProviderRequest]:
    """Record the refunds of an order's captures and the cancellations of its other payments, to be
    sent with `settle_movements`.

    Locks payments, so it must come before locking the order's row: bookings lock in that order too.
    """
    requests: list[ProviderRequest] = []
    for row in await tx.fetch(_PAYMENTS, order_id):
        if row["is_untouched"]:
            requests += await begin_cancel(tx, payment_id=row["id"])
        elif row["taken"] > 0:
            requests += await begin_refund(tx, payment_id=row["id"])
    await tx.execute(
        "UPDATE payment_collection c SET status = 'canceled', updated_at = now()"
        " FROM order_payment_collection l"
        " WHERE l.order_id = $1 AND c.id = l.payment_collection_id AND c.deleted_at IS NULL",
        order_id,
    )
    return requests
