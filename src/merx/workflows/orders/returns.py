"""Returns: opened, filled with items, requested, canceled.

The items are actions of the order's open change until the return is requested; then they become
`return_item`s, and the order's items count the units being returned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from merx.batch import insert_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.core.shapes import Document
from merx.modules.order.actions import (
    Patch,
    amount_of,
    lines_of,
    open_order_change,
    positive,
    say_anew,
    take_out,
)
from merx.modules.order.change import Action, Kind
from merx.modules.order.changes import (
    Opened,
    add_actions,
    begin_change,
    cancel_change,
    change_order,
    confirm_change,
)
from merx.modules.order.load import load_order, lock_order
from merx.modules.order.return_models import Return, ReturnItem
from merx.modules.order.return_schemas import (
    BeginReturn,
    PatchReturnItem,
    ReturnedItem,
    UpdateReturn,
)
from merx.outbox import emit

REQUEST, RECEIVE = "return_request", "return_receive"
REFERENCE = "return"
# Given metadata is merged.
_MERGED = {"metadata": "coalesce(metadata, '{{}}') || {}"}
_RETURN = Return.__table__
_ITEM = ReturnItem.__table__
_FIND = """SELECT id, order_id, status, location_id, canceled_at, no_notification, claim_id,
  exchange_id FROM return WHERE id = $1 AND deleted_at IS NULL"""
_ITEMS = """SELECT id, item_id, quantity, received_quantity, damaged_quantity FROM return_item
WHERE return_id = $1 AND deleted_at IS NULL ORDER BY id"""
_REASONS = """SELECT r.id, EXISTS (SELECT FROM return_reason c
  WHERE c.parent_return_reason_id = r.id AND c.deleted_at IS NULL) AS is_parent
FROM return_reason r WHERE r.id = ANY($1::text[]) AND r.deleted_at IS NULL"""
_UNCANCELED = """SELECT true FROM return_fulfillment rf
JOIN fulfillment f ON f.id = rf.fulfillment_id
WHERE rf.return_id = $1 AND f.canceled_at IS NULL AND f.deleted_at IS NULL LIMIT 1"""


@dataclass(frozen=True, slots=True)
class ReturnHead:
    """A return's own row."""

    id: str
    order_id: str
    status: str
    location_id: str | None
    is_canceled: bool
    claim_id: str | None = None
    exchange_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnUnits:
    """The quantity of a line in a return, and how much of it was received."""

    id: str
    line_id: str
    quantity: Decimal
    received: Decimal
    damaged: Decimal

    @property
    def missing(self) -> Decimal:
        """The units still to be received."""
        return self.quantity - self.received - self.damaged


async def find_return(tx: Transaction, return_id: str, *, live: bool = False) -> ReturnHead:
    """The return; NotFound if there is none, InvalidData if it must be `live` and is canceled."""
    row = await tx.fetchrow(_FIND, return_id)
    if row is None:
        raise NotFound(f"Return id not found: {return_id}")
    head = ReturnHead(
        row["id"],
        row["order_id"],
        row["status"],
        row["location_id"],
        row["canceled_at"] is not None,
        row["claim_id"],
        row["exchange_id"],
    )
    if live and head.is_canceled:
        raise InvalidData(f"Return with id {return_id} has been canceled.")
    return head


async def return_units(tx: Transaction, return_id: str) -> list[ReturnUnits]:
    """The units of a requested return by line."""
    return [ReturnUnits(*row) for row in await tx.fetch(_ITEMS, return_id)]


async def begin_return(tx: Transaction, body: BeginReturn) -> str:
    """Open a return of an order; returns its id."""
    await _check_location(tx, body.location_id)
    return_id = new_id("return")
    try:
        await lock_order(tx, body.order_id)
    except NotFound as error:
        raise NotFound(f"Order id not found: {body.order_id}") from error
    loaded = await load_order(tx, body.order_id)
    await insert_rows(
        tx,
        _RETURN,
        [
            {
                "id": return_id,
                "order_id": body.order_id,
                "order_version": loaded.head.version,
                "location_id": body.location_id,
                "no_notification": body.no_notification,
                "metadata": body.metadata,
                "created_by": acting.get(),
            }
        ],
    )
    await begin_change(
        tx,
        body.order_id,
        REQUEST,
        return_id=return_id,
        description=body.description,
        internal_note=body.internal_note,
    )
    return return_id


async def update_return(tx: Transaction, return_id: str, body: UpdateReturn) -> ReturnHead:
    """Change the location or the note of a return."""
    head = await find_return(tx, return_id, live=True)
    given = body.model_dump(exclude_unset=True)
    await _check_location(tx, given.get("location_id"))
    names = ", ".join(
        f"{name} = {_MERGED.get(name, '{}').format(f'${place}')}"
        for place, name in enumerate(given, start=2)
    )
    if given:
        await tx.execute(
            f"UPDATE return SET {names}, updated_at = now() WHERE id = $1",
            return_id,
            *given.values(),
        )
    return head


async def open_return(tx: Transaction, return_id: str, change_type: str) -> Opened:
    """The open change of the return, locked with its order."""
    head = await find_return(tx, return_id, live=True)
    return await open_order_change(tx, head.order_id, change_type, of=return_id)


async def request_items(
    tx: Transaction, opened: Opened, return_id: str, items: Sequence[ReturnedItem]
) -> None:
    """Add items to the return, as actions of the open change."""
    lines_of(opened, [one.id for one in items])
    await _check_reasons(tx, opened, [one.reason_id for one in items if one.reason_id])
    actions: list[Action] = []
    for one in items:
        quantity = Decimal(str(one.quantity))
        positive(quantity, f"Quantity to return of item {one.id} is required.")
        details = {"reason_id": one.reason_id, "metadata": one.metadata}
        actions.append(
            Action(
                Kind.RETURN_ITEM,
                target_id=one.id,
                quantity=quantity,
                amount=amount_of(opened, one.id, quantity),
                reference=REFERENCE,
                reference_id=return_id,
                details={name: value for name, value in details.items() if value is not None},
                internal_note=one.internal_note,
                return_id=return_id,
            )
        )
    await add_actions(tx, opened, actions)


async def change_requested(
    tx: Transaction,
    opened: Opened,
    action_id: str,
    body: PatchReturnItem,
    kinds: Sequence[Kind] = (Kind.RETURN_ITEM,),
) -> None:
    """Change the quantity, reason or note of an item of the return."""
    if body.reason_id is not None:
        await _check_reasons(tx, opened, [body.reason_id])
    given = body.model_dump(exclude_unset=True, include={"reason_id", "metadata"})
    quantity = None if body.quantity is None else Decimal(str(body.quantity))
    if quantity is not None:
        positive(quantity, "Quantity must be greater than 0")
    patch = Patch(quantity=quantity, internal_note=body.internal_note, details=given)
    await say_anew(tx, opened, action_id, kinds, patch)


async def remove_requested(
    tx: Transaction,
    opened: Opened,
    action_id: str,
    kinds: Sequence[Kind] = (Kind.RETURN_ITEM,),
) -> None:
    """Remove an item from the return."""
    await take_out(tx, opened, action_id, kinds)


async def confirm_request(
    tx: Transaction, opened: Opened, return_id: str, *, no_notification: bool | None
) -> None:
    """Request the return: from now on its units count as being returned."""
    wanted = [one for one in opened.actions if one.kind is Kind.RETURN_ITEM]
    if not wanted:
        raise InvalidData("Order return request should have at least 1 item")
    await confirm_change(tx, opened)
    await mark_requested(tx, return_id, wanted, no_notification)
    await emit(tx, "order.return_requested", [opened.head.id])


async def mark_requested(
    tx: Transaction, return_id: str, wanted: Sequence[Action], no_notification: bool | None = None
) -> None:
    """Write the items of a return whose change has been confirmed."""
    await write_return_items(tx, return_id, wanted)
    await tx.execute(
        "UPDATE return SET status = 'requested', requested_at = now(), updated_at = now(),"
        " no_notification = coalesce($2, no_notification) WHERE id = $1",
        return_id,
        no_notification,
    )


async def has_fulfillments(tx: Transaction, return_id: str) -> bool:
    """Whether the return has a fulfillment."""
    return bool(await tx.fetchval(_UNCANCELED, return_id))


async def write_return_items(tx: Transaction, return_id: str, actions: Sequence[Action]) -> None:
    """Insert rows of the return for the units of the actions."""
    await insert_rows(tx, _ITEM, [_item(return_id, action) for action in actions])


async def cancel_request(tx: Transaction, return_id: str) -> None:
    """Cancel a return that was not requested yet; nothing of it is kept."""
    opened = await open_return(tx, return_id, REQUEST)
    await cancel_change(tx, opened)
    await tx.execute(
        "UPDATE return SET deleted_at = now(), updated_at = now() WHERE id = $1", return_id
    )


async def cancel_return(tx: Transaction, return_id: str, no_notification: bool | None) -> None:
    """Cancel a requested return: its units stay with the customer.

    Refused once units were received, or if it has a fulfillment.
    """
    head = await find_return(tx, return_id, live=True)
    await lock_order(tx, head.order_id)
    await find_return(tx, return_id, live=True)
    if await has_fulfillments(tx, return_id):
        raise NotAllowed("All fulfillments must be canceled before canceling a return")
    units = await return_units(tx, return_id)
    if any(one.received or one.damaged for one in units):
        raise NotAllowed("Can't cancel the return because there are received items")
    actions = [
        Action(
            Kind.CANCEL_RETURN_ITEM,
            target_id=one.line_id,
            quantity=one.quantity,
            reference=REFERENCE,
            reference_id=return_id,
            return_id=return_id,
        )
        for one in units
    ]
    loaded = await load_order(tx, head.order_id)
    if actions:
        await change_order(tx, loaded, actions, return_id=return_id)
    await tx.execute(
        "UPDATE return SET status = 'canceled', canceled_at = now(), updated_at = now(),"
        " no_notification = coalesce($2, no_notification) WHERE id = $1",
        return_id,
        no_notification,
    )


def _item(return_id: str, action: Action) -> Document:
    return {
        "id": new_id("retitem"),
        "return_id": return_id,
        "item_id": action.target_id,
        "quantity": action.quantity,
        "note": action.internal_note,
        "reason_id": action.details.get("reason_id"),
        "metadata": action.details.get("metadata") or {},
    }


async def _check_reasons(tx: Transaction, opened: Opened, ids: Sequence[str]) -> None:
    """InvalidData for an unknown reason, and in a return for one that has reasons below it."""
    parents = {row["id"]: row["is_parent"] for row in await tx.fetch(_REASONS, list(ids))}
    for one in ids:
        if one not in parents:
            raise InvalidData(f"Return reason with id {one} does not exists.")
    if opened.change.exchange_id is not None or opened.change.claim_id is not None:
        return
    for one in ids:
        if parents[one]:
            raise InvalidData(
                f"Cannot apply return reason with id {one} to order with id {opened.head.id}."
                " Return reason has nested reasons."
            )


async def _check_location(tx: Transaction, location_id: str | None) -> None:
    if location_id is not None and not await tx.fetchval(
        "SELECT true FROM stock_location WHERE id = $1 AND deleted_at IS NULL", location_id
    ):
        raise NotFound(f"Stock location with id: {location_id} was not found")
