"""Updates an order's payment collections to the amount due after a change."""

from decimal import Decimal

from merx.core.database import Transaction
from merx.modules.payment.amounts import payable
from merx.workflows.selling.payment_collections import order_collection

_DUE = """SELECT s.pending_difference, o.currency_code FROM "order" o
JOIN order_summary s ON s.order_id = o.id AND s.version = o.version WHERE o.id = $1"""
# An authorized, uncaptured payment still covers part of the amount due.
_OPEN = """SELECT c.id, c.status, c.amount - coalesce(c.captured_amount, 0) AS left
FROM order_payment_collection l
JOIN payment_collection c ON c.id = l.payment_collection_id
WHERE l.order_id = $1 AND c.deleted_at IS NULL
  AND c.status IN ('not_paid', 'awaiting', 'authorized', 'partially_authorized') ORDER BY c.id"""


async def settle_difference(tx: Transaction, order_id: str) -> str | None:
    """Set an unpaid collection to the amount due, or create one; returns its id.

    None if nothing is due, or if open payments cover it.
    """
    row = await tx.fetchrow(_DUE, order_id)
    assert row is not None
    due = await payable(tx, row["pending_difference"], row["currency_code"])
    unpaid: str | None = None
    for one in await tx.fetch(_OPEN, order_id):
        if one["status"] == "not_paid":
            unpaid = one["id"]
        else:
            due -= one["left"]
    due = max(due, Decimal(0))
    if unpaid is not None:
        await tx.execute(
            "UPDATE payment_collection SET amount = $2, updated_at = now() WHERE id = $1",
            unpaid,
            due,
        )
        return unpaid
    if due == 0:
        return None
    return await order_collection(tx, order_id, currency_code=row["currency_code"], amount=due)
