"""Receives returns: undamaged units go back into stock, damaged ones do not."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from merx.core.database import Transaction
from merx.core.errors import InvalidData, check_present
from merx.core.money import UNROUNDED
from merx.modules.inventory.ledger import LevelKey
from merx.modules.order.actions import amount_of
from merx.modules.order.change import Action, Kind
from merx.modules.order.changes import (
    add_actions,
    begin_change,
    cancel_change,
    confirm_change,
)
from merx.modules.order.return_schemas import BeginReceive, UnitsOf
from merx.outbox import emit
from merx.workflows.orders.returns import (
    RECEIVE,
    REFERENCE,
    find_return,
    open_return,
    return_units,
)
from merx.workflows.orders.stock import restock

_CAME = """
UPDATE return_item i SET received_quantity = i.received_quantity + came.whole,
  damaged_quantity = i.damaged_quantity + came.damaged, updated_at = now()
FROM unnest($1::text[], $2::numeric[], $3::numeric[]) AS came(id, whole, damaged)
WHERE i.id = came.id"""
_DONE = """
UPDATE return r SET updated_at = now(),
  no_notification = coalesce($2, r.no_notification),
  status = CASE WHEN EXISTS (SELECT FROM return_item i WHERE i.return_id = r.id
    AND i.deleted_at IS NULL AND i.received_quantity + i.damaged_quantity < i.quantity)
    THEN 'partially_received' ELSE 'received' END,
  received_at = CASE WHEN EXISTS (SELECT FROM return_item i WHERE i.return_id = r.id
    AND i.deleted_at IS NULL AND i.received_quantity + i.damaged_quantity < i.quantity)
    THEN NULL ELSE now() END
WHERE r.id = $1"""
# The inventory items of a unit of a line.
_STOCKED = """
SELECT l.id AS line_id, k.inventory_item_id, k.required_quantity FROM order_line_item l
JOIN product_variant v ON v.id = l.variant_id AND v.manage_inventory
JOIN product_variant_inventory_item k ON k.variant_id = l.variant_id
WHERE l.id = ANY($1::text[]) ORDER BY l.id, k.id"""


async def begin_receive(tx: Transaction, return_id: str, body: BeginReceive) -> str:
    """Open the receiving of a return; returns the id of its order."""
    head = await find_return(tx, return_id, live=True)
    await begin_change(
        tx,
        head.order_id,
        RECEIVE,
        return_id=return_id,
        description=body.description,
        internal_note=body.internal_note,
        metadata=body.metadata,
    )
    return head.order_id


async def receive_items(
    tx: Transaction, return_id: str, items: Sequence[UnitsOf], kind: Kind
) -> str:
    """Record received units.

    Undamaged (`RECEIVE_RETURN_ITEM`) or damaged; returns the order's id.
    """
    await find_return(tx, return_id, live=True)
    expected = {one.line_id for one in await return_units(tx, return_id)}
    words = f"Items with ids {{}} does not exist in Return with id {return_id}."
    check_present([one.id for one in items], expected, words, InvalidData)
    opened = await open_return(tx, return_id, RECEIVE)
    actions: list[Action] = []
    for one in items:
        quantity = Decimal(str(one.quantity))
        actions.append(
            Action(
                kind,
                target_id=one.id,
                quantity=quantity,
                amount=amount_of(opened, one.id, quantity),
                reference=REFERENCE,
                reference_id=return_id,
                internal_note=one.internal_note,
                return_id=return_id,
            )
        )
    await _check_expected(tx, return_id, [*opened.actions, *actions])
    await add_actions(tx, opened, actions)
    return opened.head.id


async def confirm_receive(tx: Transaction, return_id: str, *, no_notification: bool | None) -> str:
    """Confirm the received units and restock undamaged ones; returns the order's id."""
    opened = await open_return(tx, return_id, RECEIVE)
    await _check_expected(tx, return_id, opened.actions)
    came = [one for one in opened.actions if one.kind in _RECEIVED]
    if not came:
        raise InvalidData("Order return receive should have at least 1 item")
    await confirm_change(tx, opened)
    await _count(tx, return_id, came)
    await tx.execute(_DONE, return_id, no_notification)
    await _restock(tx, return_id, came)
    await emit(tx, "order.return_received", [opened.head.id])
    return opened.head.id


async def cancel_receive(tx: Transaction, return_id: str) -> None:
    """Cancel the receiving; the return is unchanged."""
    await cancel_change(tx, await open_return(tx, return_id, RECEIVE))


_RECEIVED = (Kind.RECEIVE_RETURN_ITEM, Kind.RECEIVE_DAMAGED_RETURN_ITEM)


async def _check_expected(tx: Transaction, return_id: str, actions: Sequence[Action]) -> None:
    """Refuse more units than the return contains, whatever other returns of the order do."""
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for one in actions:
        if one.kind in _RECEIVED and one.target_id and one.quantity:
            taken[one.target_id] += one.quantity
    for units in await return_units(tx, return_id):
        if taken[units.line_id] > units.missing:
            raise InvalidData(
                "Cannot receive more items than what was requested to be returned for item"
                f" {units.line_id}."
            )


async def _count(tx: Transaction, return_id: str, came: Sequence[Action]) -> None:
    """Distribute received units over the return's rows, of which a line may have several."""
    left = {kind: _by_line(came, kind) for kind in _RECEIVED}
    rows: list[tuple[str, Decimal, Decimal]] = []
    for units in await return_units(tx, return_id):
        room = units.missing
        counted: list[Decimal] = []
        for kind in _RECEIVED:
            part = min(room, left[kind][units.line_id])
            left[kind][units.line_id] -= part
            room -= part
            counted.append(part)
        if any(counted):
            rows.append((units.id, counted[0], counted[1]))
    ids, whole, damaged = zip(*rows, strict=True)
    await tx.execute(_CAME, list(ids), list(whole), list(damaged))


def _by_line(came: Sequence[Action], kind: Kind) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in came:
        if one.kind is kind and one.target_id:
            sums[one.target_id] += one.units
    return sums


async def _restock(tx: Transaction, return_id: str, came: Sequence[Action]) -> None:
    head = await find_return(tx, return_id)
    whole = _by_line(came, Kind.RECEIVE_RETURN_ITEM)
    if head.location_id is None or not whole:
        return
    back: dict[LevelKey, Decimal] = defaultdict(Decimal)
    for row in await tx.fetch(_STOCKED, list(whole)):
        units = UNROUNDED.multiply(whole[row["line_id"]], row["required_quantity"])
        back[row["inventory_item_id"], head.location_id] += units
    await restock(tx, dict(back), "returned", return_id)
