"""Edits of orders: like those of drafts, and keeping stock and payments up to date."""

from collections.abc import Sequence
from decimal import Decimal

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.modules.order.changes import Confirmed
from merx.modules.order.draft_schemas import AddedItem, AddItems, ChangeItem
from merx.modules.order.return_schemas import AddedVariant, BeginEdit, PatchAdded
from merx.modules.order.state import OrderState
from merx.workflows.orders.edits import (
    Editing,
    begin_edit,
    change_added_item,
    confirm_edit,
    open_edit,
)
from merx.workflows.orders.line_stock import reserve_for_order
from merx.workflows.orders.settle import settle_difference
from merx.workflows.orders.stock import release_stock

_NONE = "Item quantity must be greater than 0"


async def begin_order_edit(tx: Transaction, body: BeginEdit) -> str:
    """Open an edit of an order; returns the id of its change."""
    edit = Editing(body.order_id)
    given = body.model_dump(exclude={"order_id"}, exclude_none=True)
    await begin_edit(tx, edit, **given)
    return (await open_edit(tx, edit)).change.id


def added(items: Sequence[AddedVariant]) -> AddItems:
    """The variants as lines to add; InvalidData for a quantity of zero."""
    if any(one.quantity <= 0 for one in items):
        raise InvalidData(_NONE)
    return AddItems(items=[AddedItem(**one.model_dump()) for one in items])


async def patch_added(tx: Transaction, edit: Editing, action_id: str, body: PatchAdded) -> None:
    """Change a line that the edit adds."""
    if body.quantity is not None and body.quantity <= 0:
        raise InvalidData(_NONE)
    opened = await open_edit(tx, edit)
    action = next((one for one in opened.actions if one.id == action_id), None)
    given = body.model_dump()
    if body.quantity is None:
        given["quantity"] = int(action.quantity or 1) if action is not None else 1
    await change_added_item(tx, edit, action_id, ChangeItem(**given))


async def confirm_order_edit(tx: Transaction, order_id: str) -> None:
    """Confirm the edit: reserve added units, release removed ones, and settle the amount due."""
    confirmed = await confirm_edit(tx, Editing(order_id))
    await keep_stock(tx, confirmed)
    await settle_difference(tx, order_id)


async def keep_stock(tx: Transaction, confirmed: Confirmed) -> None:
    """Adjust reservations to the lines whose quantity the change raised or lowered.

    Raises NotAllowed if too little is left for those that were raised.
    """
    before, after = _open_units(confirmed.before), _open_units(confirmed.after)
    fewer = sorted(key for key, units in before.items() if after.get(key, Decimal(0)) < units)
    await release_stock(tx, fewer)
    wanted = {
        key: units if key in fewer else units - before.get(key, Decimal(0))
        for key, units in after.items()
        if units != before.get(key, Decimal(0))
    }
    backorders = {
        one.target_id or "" for one in confirmed.actions if one.details.get("allow_backorder")
    }
    await reserve_for_order(tx, confirmed.head, wanted, backorders=backorders)


def _open_units(state: OrderState) -> dict[str, Decimal]:
    """The units of each line that have not been shipped yet."""
    return {key: line.quantity - line.fulfilled for key, line in state.lines.items()}
