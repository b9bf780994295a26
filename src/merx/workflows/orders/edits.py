"""Edits of the lines of a draft or an order: each step is an action of its open change.

After each step the order's promotions are recomputed; their discounts are the last actions of the
change.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from merx.batch import insert_all
from merx.core.acting import acting
from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData
from merx.core.money import plain_number
from merx.core.shapes import Json
from merx.modules.order.change import Action, Kind, apply
from merx.modules.order.change_rows import (
    close_change,
    delete_actions,
    insert_actions,
    patch_action,
)
from merx.modules.order.changes import (
    Confirmed,
    Opened,
    begin_change,
    cancel_change,
    confirm_change,
    open_for,
)
from merx.modules.order.draft_schemas import AddedItem, AddItems, ChangeItem
from merx.modules.order.load import Head
from merx.modules.order.new import NewLine, Written, line_inserts, write_line
from merx.modules.tax.lines import TaxProviders
from merx.workflows.orders.carried_promotions import refresh_carried
from merx.workflows.orders.edit_discounts import read_discounts, write_promotions
from merx.workflows.orders.new_lines import Wanted, buying, new_lines, with_taxes
from merx.workflows.orders.orders import take_turn
from merx.workflows.orders.settle import settle_difference
from merx.workflows.selling.promotion_uses import change_uses


@dataclass(frozen=True, slots=True)
class Editing:
    """What is edited: a draft or an order."""

    order_id: str
    is_draft: bool = False
    allow_backorder: bool = False


async def begin_edit(tx: Transaction, edit: Editing, **columns: Any) -> None:
    """Open an edit; InvalidData if another change is open, or if an order is given instead of a
    draft.
    """
    check_kind(await take_turn(tx, edit.order_id), edit)
    await begin_change(tx, edit.order_id, "edit", **columns)


def check_kind(head: Head, edit: Editing) -> None:
    """InvalidData if drafts are edited and this is not one."""
    if edit.is_draft and not head.is_draft_order:
        raise InvalidData(f"Order {edit.order_id} is not a draft order")


async def open_edit(tx: Transaction, edit: Editing) -> Opened:
    """The open edit, locked with its order; InvalidData if there is none."""
    check_kind(await take_turn(tx, edit.order_id), edit)
    missing = InvalidData("An active Order Change is required to proceed")
    opened = await open_for(tx, edit.order_id, missing=missing)
    if opened.change.change_type != "edit":
        raise missing
    return opened


async def add_items(database: Database, taxes: TaxProviders, edit: Editing, body: AddItems) -> None:
    """Add lines. Opens its own transactions, as taxes are asked for while nothing is locked."""
    async with database.write() as tx:
        opened = await open_edit(tx, edit)
        who = await buying(tx, opened.head)
        wanted = [
            Wanted(
                item.quantity,
                item.variant_id,
                item.title,
                item.unit_price,
                item.compare_at_unit_price,
                item.metadata,
                allow_backorder=bool(item.allow_backorder),
            )
            for item in body.items
        ]
        priced = await new_lines(tx, wanted, who, published=not edit.is_draft)
    lines, _ = await with_taxes(database, taxes, priced, [], who)
    async with database.write() as tx:
        opened = await open_edit(tx, edit)
        written = [write_line(line) for line in lines]
        await insert_all(tx, *line_inserts(written))
        actions = [
            _added(one, line, item)
            for one, line, item in zip(written, lines, body.items, strict=True)
        ]
        await insert_actions(tx, opened.change, actions)
        await refresh_edit(tx, edit)


def details_of(item: AddedItem) -> Json:
    """What an action stores about the variant it adds, apart from quantity and prices."""
    details: dict[str, Any] = {}
    if item.metadata is not None:
        details["metadata"] = item.metadata
    if item.allow_backorder:
        details["allow_backorder"] = True
    return details


def _added(written: Written, line: NewLine, item: AddedItem) -> Action:
    return Action(
        Kind.ITEM_ADD,
        written.row_id,
        line.quantity,
        line.unit_price,
        line.compare_at_unit_price,
        amount=line.unit_price * line.quantity,
        details=details_of(item),
        internal_note=item.internal_note,
    )


async def change_added_item(
    tx: Transaction, edit: Editing, action_id: str, body: ChangeItem
) -> None:
    """Change a line that this edit adds."""
    opened = await open_edit(tx, edit)
    action = _find_added(opened, action_id)
    price = body.unit_price if body.unit_price is not None else action.unit_price
    given = body.compare_at_unit_price
    compared = given if given is not None else action.compare_at_unit_price
    quantity = Decimal(body.quantity)
    if quantity <= 0:
        raise InvalidData(f"Quantity of item {action.target_id} is required.")
    await patch_action(
        tx,
        replace(
            action,
            quantity=quantity,
            unit_price=price,
            compare_at_unit_price=compared,
            amount=(price or Decimal(0)) * quantity,
            internal_note=body.internal_note or action.internal_note,
        ),
    )
    await refresh_edit(tx, edit)


async def remove_action(tx: Transaction, edit: Editing, action_id: str) -> None:
    """Remove an action about a line from the edit."""
    opened = await open_edit(tx, edit)
    _find_added(opened, action_id, removing=True)
    await delete_actions(tx, opened.change.id, [action_id])
    await refresh_edit(tx, edit)


async def change_item(tx: Transaction, edit: Editing, item_id: str, body: ChangeItem) -> None:
    """Change the quantity or the price of a line; a quantity of zero removes it.

    Earlier changes of the line stay, and what this one does not mention is kept from them.
    """
    opened = await open_edit(tx, edit)
    line = opened.loaded.state.lines.get(item_id)
    if line is None:
        raise InvalidData(f'Item ID "{item_id}" not found.')
    edited = opened.after().lines[item_id]
    quantity = Decimal(body.quantity)
    price = body.unit_price if body.unit_price is not None else edited.unit_price
    details: dict[str, Any] = {"quantity_diff": plain_number(quantity - line.quantity)}
    if body.metadata is not None:
        details["metadata"] = body.metadata
    action = Action(
        Kind.ITEM_UPDATE,
        item_id,
        quantity,
        body.unit_price,
        body.compare_at_unit_price,
        amount=price * quantity - edited.unit_price * edited.quantity,
        details=details,
        internal_note=body.internal_note,
    )
    await insert_actions(tx, opened.change, [action])
    await refresh_edit(tx, edit)


async def request_edit(tx: Transaction, edit: Editing) -> None:
    """Mark the edit as requested, so that it waits for confirmation."""
    opened = await open_edit(tx, edit)
    await close_change(tx, opened.change, "requested", requested_by=acting.get())


async def confirm_edit(tx: Transaction, edit: Editing) -> Confirmed:
    """Confirm the edit."""
    opened = await open_edit(tx, edit)
    confirmed = await confirm_change(tx, opened)
    await write_promotions(tx, opened.change.order_id, opened.actions)
    if not edit.is_draft:
        # A draft counts its promotions only when it becomes an order.
        head = opened.head
        facts = {"customer_id": head.customer_id, "customer_email": head.email}
        await change_uses(tx, head.id, await read_discounts(tx, head.id), facts)
    await settle_difference(tx, edit.order_id)
    return confirmed


async def cancel_edit(tx: Transaction, edit: Editing) -> None:
    """Cancel the edit."""
    await cancel_change(tx, await open_edit(tx, edit))


async def refresh_edit(tx: Transaction, edit: Editing) -> None:
    """Validate the edit, and recompute the discounts."""
    opened = await open_edit(tx, edit)
    apply(opened.loaded.state, opened.actions, opened.loaded.known)
    await refresh_carried(tx, opened)


def _find_added(opened: Opened, action_id: str, *, removing: bool = False) -> Action:
    found = next((one for one in opened.actions if one.id == action_id), None)
    of = f"order {opened.head.id} in order change {opened.change.id}"
    if found is None:
        what = "No item found for" if removing else "No request to add item for"
        raise InvalidData(f"{what} {of}")
    allowed = (Kind.ITEM_ADD, Kind.ITEM_UPDATE) if removing else (Kind.ITEM_ADD,)
    if found.kind not in allowed:
        raise InvalidData(f"Action {action_id} is not adding an item")
    return found
