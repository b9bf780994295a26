"""Stock of orders: shipped goods consume their reservations, and returned goods restore stock.

The caller has locked the order. Reservations are locked before levels, both in key order.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from merx.batch import Row, insert_rows, lock_rows, soft_delete_rows, update_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed
from merx.core.ids import new_id
from merx.core.money import UNROUNDED
from merx.modules.inventory.ledger import (
    NOTHING,
    Change,
    Level,
    LevelKey,
    change_levels,
    lock_levels,
)
from merx.modules.inventory.models import ReservationItem
from merx.outbox import emit
from merx.workflows.stock.reservations import delete_reservations

_RESERVATIONS = ReservationItem.__table__
_COLUMNS = ("line_item_id", "inventory_item_id", "location_id", "quantity", "allow_backorder")

_OF_LINES = """SELECT r.id FROM unnest($1::text[]) AS given(id) CROSS JOIN LATERAL (
  SELECT r.id FROM reservation_item r
  WHERE r.line_item_id = given.id AND r.deleted_at IS NULL OFFSET 0) r"""


@dataclass(frozen=True, slots=True)
class Need:
    """The quantity of an inventory item taken for a line; its name is used in errors."""

    line_id: str
    item_id: str
    quantity: Decimal
    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Stock that a fulfillment took for a line, as it is given back."""

    line_id: str
    item_id: str
    quantity: Decimal


@dataclass(slots=True)
class _Held:
    """A locked reservation; its quantity changes while goods are taken or given back."""

    id: str
    line_id: str
    item_id: str
    location_id: str
    quantity: Decimal
    allow_backorder: bool

    @property
    def place(self) -> LevelKey:
        """The level it is reserved at."""
        return self.item_id, self.location_id


async def take_stock(
    tx: Transaction, needs: Sequence[Need], location_id: str, fulfillment_id: str
) -> None:
    """Take goods from the location, with their reservations.

    Raises InvalidData if less is reserved, NotAllowed if less is in stock.
    """
    held = await _lock_reservations(tx, [need.line_id for need in needs])
    here = [(need.item_id, location_id) for need in needs]
    levels = await lock_levels(tx, [*here, *(one.place for one in held)])
    changes: list[Change] = []
    used: dict[str, _Held] = {}
    for need in needs:
        backorder = False
        for one, amount in _share(need, held, location_id):
            one.quantity = UNROUNDED.subtract(one.quantity, amount)
            used[one.id] = one
            backorder = backorder or one.allow_backorder
            if one.place in levels:
                released = UNROUNDED.minus(amount)
                level = levels[one.place]
                changes.append(level.change("reserved", released, "fulfilled", reference=one.id))
        level = _level(levels, (need.item_id, location_id), need, backorder)
        gone = UNROUNDED.minus(need.quantity)
        changes.append(level.change("stocked", gone, "fulfilled", reference=fulfillment_id))
        if level.available < 0 and not backorder:
            raise _short(need.item_id, location_id)
    await change_levels(tx, changes)
    await _keep(tx, used.values())


async def give_back_stock(
    tx: Transaction, taken: Sequence[Taken], location_id: str, fulfillment_id: str
) -> None:
    """Return goods that were not shipped, and reserve them again for their lines."""
    held = {
        (one.line_id, *one.place): one
        for one in await _lock_reservations(tx, [one.line_id for one in taken])
    }
    levels = await lock_levels(tx, [(one.item_id, location_id) for one in taken])
    rows: list[Row] = []
    more: dict[str, Row] = {}
    changes: list[Change] = []
    for one in taken:
        level = levels.get((one.item_id, location_id))
        if level is None:
            continue
        changes.append(
            level.change("stocked", one.quantity, "fulfillment canceled", reference=fulfillment_id)
        )
        own = held.get((one.line_id, one.item_id, location_id))
        if own is not None:
            own.quantity = UNROUNDED.add(own.quantity, one.quantity)
            more[own.id] = {"quantity": own.quantity}
            reservation_id = own.id
        else:
            rows.append(_reservation(one, location_id))
            reservation_id = str(rows[-1]["id"])
        changes.append(level.change("reserved", one.quantity, "reserved", reference=reservation_id))
    await change_levels(tx, changes)
    await insert_rows(tx, _RESERVATIONS, rows)
    await update_rows(tx, _RESERVATIONS, more)
    await emit(tx, "reservation-item.created", [row["id"] for row in rows])
    await emit(tx, "reservation-item.updated", list(more))


async def release_stock(tx: Transaction, line_ids: Sequence[str]) -> None:
    """Release everything that is reserved for lines."""
    ids = [row[0] for row in await tx.fetch(_OF_LINES, sorted(set(line_ids)))]
    await delete_reservations(tx, ids)


async def restock(
    tx: Transaction, back: Mapping[LevelKey, Decimal], reason: str, reference: str
) -> None:
    """Put returned goods into stock at a location; items not stocked there are skipped."""
    levels = await lock_levels(tx, back)
    await change_levels(
        tx,
        [
            level.change("stocked", back[place], reason, reference=reference)
            for place, level in levels.items()
        ],
    )


async def _lock_reservations(tx: Transaction, line_ids: Sequence[str]) -> list[_Held]:
    ids = [row[0] for row in await tx.fetch(_OF_LINES, sorted(set(line_ids)))]
    return [
        _Held(
            row["id"],
            row["line_item_id"],
            row["inventory_item_id"],
            row["location_id"],
            row["quantity"],
            bool(row["allow_backorder"]),
        )
        for row in await lock_rows(tx, _RESERVATIONS, ids, *_COLUMNS)
    ]


def _share(need: Need, held: Sequence[_Held], location_id: str) -> list[tuple[_Held, Decimal]]:
    """How much of each reservation to use: those at the location first."""
    mine = [one for one in held if one.line_id == need.line_id and one.item_id == need.item_id]
    shares: list[tuple[_Held, Decimal]] = []
    open_quantity = need.quantity
    for one in sorted(mine, key=lambda one: (one.location_id != location_id, one.id)):
        amount = min(open_quantity, one.quantity)
        if amount > 0:
            shares.append((one, amount))
            open_quantity = UNROUNDED.subtract(open_quantity, amount)
    if not mine:
        raise InvalidData(f"No stock reservation found for item {need.line_id} - {need.name}")
    if open_quantity > 0:
        raise InvalidData(
            f"Quantity to fulfill exceeds the reserved quantity for the item: {need.line_id}"
        )
    return shares


def _level(levels: Mapping[LevelKey, Level], place: LevelKey, need: Need, backorder: bool) -> Level:
    level = levels.get(place)
    if level is None:
        raise NotAllowed(f"Inventory item {need.item_id} is not kept at stock location {place[1]}")
    if level.stocked < need.quantity and not backorder:
        raise _short(*place)
    return level


def _short(item_id: str, location_id: str) -> NotAllowed:
    return NotAllowed(f"Not enough stock available for item {item_id} at location {location_id}")


async def _keep(tx: Transaction, used: Collection[_Held]) -> None:
    """Store what is left of reservations; those left with zero are deleted."""
    gone = [one.id for one in used if one.quantity <= NOTHING]
    less = {one.id: {"quantity": one.quantity} for one in used if one.quantity > NOTHING}
    if less:
        await update_rows(tx, _RESERVATIONS, less)
        await emit(tx, "reservation-item.updated", list(less))
    if gone:
        await soft_delete_rows(tx, _RESERVATIONS, gone)
        await emit(tx, "reservation-item.deleted", gone)


def _reservation(taken: Taken, location_id: str) -> Row:
    return {
        "id": new_id("resitem"),
        "line_item_id": taken.line_id,
        "inventory_item_id": taken.item_id,
        "location_id": location_id,
        "quantity": taken.quantity,
        "created_by": acting.get(),
    }
