"""Changes of orders: one open at a time, previewed before it is confirmed, made in one transaction.

Everything that changes an order locks its row first. A change names the version it will create, and
while it is open no other change creates one, so the preview is what gets confirmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import Conflict, InvalidData
from merx.modules.order.change import Action, Kind, apply, without_empty
from merx.modules.order.change_rows import (
    Change,
    busy,
    close_change,
    insert_actions,
    insert_change,
    load_actions,
    open_change,
    refuse_if_open,
)
from merx.modules.order.load import Head, Loaded, load_order, lock_order
from merx.modules.order.save import save_methods, save_version
from merx.modules.order.state import Figures, OrderState
from merx.outbox import emit

_MAKE_ROOM = """WITH moved AS (
  UPDATE order_change SET version = version + 1, updated_at = now()
  WHERE order_id = $1 AND status IN ('pending', 'requested') AND deleted_at IS NULL RETURNING id)
UPDATE order_change_action a SET version = a.version + 1 FROM moved
WHERE a.order_change_id = moved.id"""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open change and its order, whose row is locked."""

    change: Change
    actions: list[Action]
    loaded: Loaded

    @property
    def head(self) -> Head:
        return self.loaded.head

    def after(self) -> OrderState:
        """The order after the change; InvalidData if an action is not possible."""
        return apply(self.loaded.state, self.actions, self.loaded.known)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A confirmed change: the order before and after it, and its new totals."""

    change: Change
    actions: Sequence[Action]
    head: Head
    before: OrderState
    after: OrderState
    figures: Figures


async def begin_change(
    tx: Transaction, order_id: str, change_type: str, **columns: Any
) -> tuple[Change, Loaded]:
    """Open a change; InvalidData if another one is open. `columns` are columns of its row."""
    await lock_order(tx, order_id)
    loaded = await load_order(tx, order_id)
    _refuse_canceled(loaded.head)
    await refuse_if_open(tx, order_id)
    change = await insert_change(tx, order_id, loaded.head.version + 1, change_type, **columns)
    return change, loaded


async def open_for(tx: Transaction, order_id: str, *, missing: InvalidData) -> Opened:
    """The order's open change, locked with the order; raises `missing` if there is none."""
    await lock_order(tx, order_id)
    change = await open_change(tx, order_id)
    if change is None:
        raise missing
    actions = await load_actions(tx, change.id)
    loaded = await load_order(
        tx,
        order_id,
        lines=[one.target_id for one in actions if one.kind is Kind.ITEM_ADD and one.target_id],
        methods=[
            one.reference_id
            for one in actions
            if one.kind is Kind.SHIPPING_ADD and one.reference_id
        ],
    )
    return Opened(change, actions, loaded)


async def add_actions(tx: Transaction, opened: Opened, actions: Sequence[Action]) -> list[str]:
    """Add actions to an open change; returns their ids. InvalidData if one of them is not possible.

    New lines and shipping methods must be in `loaded.known`: insert them before loading the change
    for this.
    """
    last = max((one.ordering for one in opened.actions), default=0)
    placed = [replace(one, ordering=last + place) for place, one in enumerate(actions, start=1)]
    apply(opened.loaded.state, [*opened.actions, *placed], opened.loaded.known)
    return await insert_actions(tx, opened.change, actions)


async def confirm_change(tx: Transaction, opened: Opened, **columns: Any) -> Confirmed:
    """Confirm the change: the order's next version is what the preview showed."""
    confirmed = await _make(tx, opened.change, opened.actions, opened.loaded)
    await close_change(tx, opened.change, "confirmed", **columns)
    return confirmed


async def change_order(
    tx: Transaction,
    loaded: Loaded,
    actions: Sequence[Action],
    change_type: str | None = None,
    **columns: Any,
) -> Confirmed:
    """Make a change at once, in an order that the caller has locked.

    InvalidData if another change is open.
    """
    await refuse_if_open(tx, loaded.head.id)
    version = loaded.head.version + 1
    change = await insert_change(tx, loaded.head.id, version, change_type, **columns)
    await insert_actions(tx, change, actions)
    confirmed = await _make(tx, change, actions, loaded)
    await close_change(tx, change, "confirmed")
    return confirmed


async def make_beneath(
    tx: Transaction,
    loaded: Loaded,
    actions: Sequence[Action],
    change_type: str | None = None,
) -> Confirmed:
    """Make a change at once even though another one is open, for things the open one does not
    touch, such as money already paid out.

    The open change then creates the version after it.
    """
    await tx.execute(_MAKE_ROOM, loaded.head.id)
    version = loaded.head.version + 1
    change = await insert_change(tx, loaded.head.id, version, change_type, status="confirmed")
    await insert_actions(tx, change, actions)
    confirmed = await _make(tx, change, actions, loaded)
    await close_change(tx, change, "confirmed")
    return confirmed


async def cancel_change(tx: Transaction, opened: Opened) -> None:
    """Cancel a change, which then has no effect."""
    await close_change(tx, opened.change, "canceled")


async def _make(
    tx: Transaction, change: Change, actions: Sequence[Action], loaded: Loaded
) -> Confirmed:
    if change.version != loaded.head.version + 1:
        raise Conflict(f"Order {loaded.head.id} has changed since this change was opened")
    after = without_empty(apply(loaded.state, actions, loaded.known))
    await save_methods(tx, actions)
    figures = await save_version(tx, after)
    await emit(tx, "order.updated", [loaded.head.id])
    return Confirmed(change, actions, loaded.head, loaded.state, after, figures)


def _refuse_canceled(head: Head) -> None:
    if head.status == "canceled":
        raise InvalidData(f"Order with id {head.id} has been canceled.")


__all__ = [
    "Confirmed",
    "Opened",
    "add_actions",
    "begin_change",
    "busy",
    "cancel_change",
    "change_order",
    "confirm_change",
    "make_beneath",
    "open_for",
]
