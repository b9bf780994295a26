"""Payment collections of orders."""

from decimal import Decimal

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.workflows.selling.payment_collections import order_collection


async def owe_for_order(tx: Transaction, order_id: str, amount: Decimal) -> str:
    """A collection of an amount in the order's currency; returns its id."""
    currency_code = await tx.fetchval(
        'SELECT currency_code FROM "order" WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE',
        order_id,
    )
    if currency_code is None:
        raise NotFound(f"Order id not found: {order_id}")
    return await order_collection(tx, order_id, currency_code=currency_code, amount=amount)
