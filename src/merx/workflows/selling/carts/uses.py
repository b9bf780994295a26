"""What a cart uses of promotions when it becomes an order."""

from decimal import Decimal

from merx.core.database import Transaction
from merx.workflows.selling.carts.draft import Draft
from merx.workflows.selling.promotion_uses import Taken, use_promotions


async def use_cart_promotions(tx: Transaction, order_id: str, draft: Draft) -> None:
    """Count the promotions of a cart. Raises NotAllowed for one that was switched off since, which
    the reference still honours, and for one that others have used up."""
    amounts = dict.fromkeys(draft.promotion_ids, Decimal(0))
    for row in (*draft.lines, *draft.ways):
        for taken in row.adjustments:
            if taken.promotion_id is not None:
                amounts[taken.promotion_id] = amounts.get(taken.promotion_id, 0) + taken.amount
    attributes = {"customer_id": draft.customer_id, "customer_email": draft.email}
    taken_off = [Taken(promotion_id, amount) for promotion_id, amount in amounts.items()]
    await use_promotions(tx, order_id, taken_off, attributes)
