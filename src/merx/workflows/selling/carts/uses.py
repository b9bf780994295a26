"""Counts a cart's promotions when it becomes an order."""

from decimal import Decimal

from merx.core.database import Transaction
from merx.core.money import UNROUNDED
from merx.workflows.selling.carts.draft import Draft
from merx.workflows.selling.promotion_uses import Taken, use_promotions


async def use_cart_promotions(tx: Transaction, order_id: str, draft: Draft) -> None:
    """Count the uses.

    Raises NotAllowed for an exhausted promotion or, where the reference still applies it, one that
    was deactivated since.
    """
    taken: dict[str, Decimal] = {}
    for row in (*draft.lines, *draft.ways):
        for one in row.adjustments:
            if one.promotion_id is not None:
                held = taken.get(one.promotion_id, Decimal(0))
                taken[one.promotion_id] = UNROUNDED.add(held, one.amount)
    if taken:
        uses = [Taken(promotion_id, amount) for promotion_id, amount in taken.items()]
        attributes = {"customer_id": draft.customer_id, "customer_email": draft.email}
        await use_promotions(tx, order_id, uses, attributes)
