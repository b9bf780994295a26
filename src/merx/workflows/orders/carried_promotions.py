"""Whether an open change of an order computes the order's promotions anew, or keeps the discounts
as they are.
"""

from merx.batch import patch_row
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.modules.order.change_models import OrderChange
from merx.modules.order.change_rows import delete_actions
from merx.modules.order.changes import Confirmed, Opened, open_for
from merx.modules.order.load import lock_order
from merx.modules.order.order_schemas import UpdateChange
from merx.workflows.orders.edit_discounts import (
    REPLACING,
    read_discounts,
    refresh_discounts,
)
from merx.workflows.selling.promotion_uses import change_uses

_ORDER = "SELECT order_id FROM order_change WHERE id = $1 AND deleted_at IS NULL"
_STATUS = "SELECT status, change_type FROM order_change WHERE id = $1 FOR NO KEY UPDATE"
# Only these change what discounts are computed of.
_CARRYING = ("edit", "exchange", "claim")


async def update_change(
    tx: Transaction, change_id: str, body: UpdateChange, *, missing: NotFound
) -> None:
    """Set the note of a change, and whether it carries promotions over; only an open one can."""
    order_id = await tx.fetchval(_ORDER, change_id)
    if order_id is None:
        raise missing
    await lock_order(tx, order_id)
    [change] = await tx.fetch(_STATUS, change_id)
    refused = InvalidData(f"Order change {change_id} is not active to be modified")
    carries = body.carry_over_promotions
    if carries is not None and change["status"] not in ("pending", "requested"):
        raise refused
    await patch_row(tx, OrderChange.__table__, change_id, body.model_dump(exclude_unset=True))
    if carries is not None and change["change_type"] in _CARRYING:
        await refresh_carried(tx, await open_for(tx, order_id, missing=refused))


async def refresh_carried(tx: Transaction, opened: Opened) -> None:
    """Bring the discounts up to date after a step of an open change: those of the promotions if it
    carries them over, and of drafts, else those that the order has.
    """
    if opened.change.carry_over_promotions or opened.head.is_draft_order:
        await refresh_discounts(tx, opened)
        return
    replaced = [one.id for one in opened.actions if one.kind in REPLACING]
    if replaced:
        await delete_actions(tx, opened.change.id, replaced)


async def count_carried(tx: Transaction, confirmed: Confirmed) -> None:
    """Count what a confirmed change that carried promotions over used of their budgets."""
    if confirmed.change.carry_over_promotions:
        head = confirmed.head
        facts = {"customer_id": head.customer_id, "customer_email": head.email}
        await change_uses(tx, head.id, await read_discounts(tx, head.id), facts)
