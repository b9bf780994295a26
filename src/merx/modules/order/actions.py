"""Actions of an open change of any type: find one, change it, remove it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, check_present
from merx.core.money import UNROUNDED
from merx.modules.order.change import Action, Kind, apply
from merx.modules.order.change_rows import delete_actions, find_action, patch_action
from merx.modules.order.changes import Opened, open_for

NO_CHANGE = "An active Order Change is required to proceed"


@dataclass(frozen=True, slots=True)
class Patch:
    """New values for an action; None keeps the old one. `details` are merged."""

    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    compare_at_unit_price: Decimal | None = None
    internal_note: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


async def open_order_change(
    tx: Transaction, order_id: str, change_type: str, *, of: str | None = None
) -> Opened:
    """The order's open change, if it has the type and belongs to the return, claim or exchange
    `of`.
    """
    try:
        opened = await open_for(tx, order_id, missing=InvalidData(NO_CHANGE))
    except NotFound as error:
        raise NotFound(f"Order id not found: {order_id}") from error
    change = opened.change
    parts = (change.return_id, change.claim_id, change.exchange_id)
    if change.change_type != change_type or (of is not None and of not in parts):
        raise InvalidData(NO_CHANGE)
    return opened


def lines_of(opened: Opened, ids: Sequence[str]) -> None:
    """InvalidData unless the order has all of the lines."""
    words = f"Items with ids {{}} does not exist in order with id {opened.head.id}."
    check_present(ids, opened.loaded.state.lines, words, InvalidData)


def amount_of(opened: Opened, line_id: str, quantity: Decimal) -> Decimal:
    """The price of a quantity of a line, without taxes and discounts."""
    return UNROUNDED.multiply(opened.loaded.state.lines[line_id].unit_price, quantity)


def positive(quantity: Decimal, words: str) -> Decimal:
    """The quantity; InvalidData with the given message if there is none or it is not positive."""
    if quantity <= 0:
        raise InvalidData(words)
    return quantity


async def say_anew(
    tx: Transaction, opened: Opened, action_id: str, kinds: Sequence[Kind], patch: Patch
) -> None:
    """Change an action; InvalidData if the order could not be changed that way."""
    action = _found(opened, action_id, kinds)
    quantity = action.quantity if patch.quantity is None else patch.quantity
    unit_price = action.unit_price if patch.unit_price is None else patch.unit_price
    price = unit_price
    if price is None and action.target_id in opened.loaded.state.lines:
        price = opened.loaded.state.lines[action.target_id].unit_price
    changed = replace(
        action,
        quantity=quantity,
        unit_price=unit_price,
        compare_at_unit_price=patch.compare_at_unit_price or action.compare_at_unit_price,
        amount=action.amount
        if price is None or quantity is None
        else UNROUNDED.multiply(price, quantity),
        internal_note=patch.internal_note or action.internal_note,
        details={**action.details, **patch.details},
    )
    others = [changed if one.id == action.id else one for one in opened.actions]
    apply(opened.loaded.state, others, opened.loaded.known)
    await patch_action(tx, changed)


async def take_out(
    tx: Transaction, opened: Opened, action_id: str, kinds: Sequence[Kind]
) -> Action:
    """Remove an action from the change and return it."""
    action = _found(opened, action_id, kinds)
    others = [one for one in opened.actions if one.id != action.id]
    apply(opened.loaded.state, others, opened.loaded.known)
    await delete_actions(tx, opened.change.id, [action.id])
    return action


def _found(opened: Opened, action_id: str, kinds: Sequence[Kind]) -> Action:
    missing = f"Order change action with id: {action_id} was not found"
    action = find_action(opened.actions, action_id, missing)
    if action.kind not in kinds:
        raise NotFound(missing)
    return action
