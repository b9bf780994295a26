"""Reservations of stock: create, change, move and release them.

Reservations are locked before levels, both in key order. The lock on a level protects its
quantities: of two requests for the last piece the second finds nothing left, and the deletion of an
item, a location or a level waits for the reservation, or the reservation finds no level.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from merx.batch import (
    Insert,
    Patch,
    Row,
    lock_rows,
    patch_row,
    soft_delete_rows,
    update_rows,
)
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, Problem, below, check_present, refuse
from merx.core.hooks import of_rows, run_hooks, without_bodies
from merx.core.ids import new_id
from merx.core.money import UNROUNDED
from merx.modules.inventory.hooks import RESERVATIONS
from merx.modules.inventory.ledger import Change, Level, LevelKey, change_levels, lock_levels
from merx.modules.inventory.models import ReservationItem
from merx.outbox import EventRow, emit, event_rows
from merx.workflows.stock.stock_levels import refuse_missing

_RESERVATIONS = ReservationItem.__table__


class _Hold(NamedTuple):
    """What decides about stock in a reservation; the names of its columns."""

    inventory_item_id: str
    location_id: str
    quantity: Decimal
    allow_backorder: bool | None

    @property
    def place(self) -> LevelKey:
        """The level that it holds stock of."""
        return self.inventory_item_id, self.location_id

    @classmethod
    def of(cls, row: Row) -> "_Hold":
        """The part of a row that decides."""
        return cls._make(map(row.get, cls._fields))

    def after(self, patch: Patch) -> "_Hold":
        """The reservation as a patch leaves it."""
        return self._replace(**{name: patch[name] for name in self._fields if name in patch})


async def create_reservations(
    tx: Transaction,
    rows: Sequence[Row],
    paths: Sequence[str] = ("",),
    held: Mapping[LevelKey, Level] | None = None,
) -> list[str]:
    """Reserve stock; returns the ids of the reservations in the order of the rows.

    A row has `inventory_item_id`, `location_id`, `quantity` and other columns of a reservation.
    `held` are the levels of all rows, if the caller has already locked them. Raises NotFound naming
    the places without a level, NotAllowed naming every row for which too little is left.
    """
    if not rows:
        return []
    holds = [_Hold.of(row) for row in rows]
    places = [hold.place for hold in holds]
    levels = held if held is not None else await lock_levels(tx, places)
    refuse_missing(levels, places)
    made: list[dict[str, Any]] = [{"id": new_id("resitem"), **row} for row in rows]
    await run_hooks(tx, RESERVATIONS.creating, of_rows(made))
    changes: list[Change] = []
    short: list[Problem] = []
    for row, hold, path in zip(made, holds, paths, strict=True):
        change = _reserve(levels[hold.place], row["id"], hold, hold.quantity)
        changes.append(change)
        short.extend(_short_of(change, path))
    refuse(short, NotAllowed)
    ids: list[str] = [row["id"] for row in made]
    events = Insert(EventRow.__table__, event_rows({"reservation-item.created": ids}))
    await change_levels(tx, changes, Insert(_RESERVATIONS, made), events)
    await run_hooks(tx, RESERVATIONS.created, of_rows(made))
    return ids


async def update_reservations(
    tx: Transaction,
    patches: Mapping[str, Patch],
    paths: Mapping[str, str] | None = None,
) -> None:
    """Change reservations by id: quantity, location, backorder, and other columns.

    A reservation that moves is released at its old place first. Raises InvalidData naming unknown
    ids, NotFound and NotAllowed like `create_reservations`.
    """
    records = await lock_rows(tx, _RESERVATIONS, patches, *_Hold._fields)
    held = {record["id"]: _Hold.of(record) for record in records}
    check_present(patches, held, "Reservation item with id {} not found", InvalidData)
    moved = {row_id: held[row_id].after(patches[row_id]) for row_id in patches}
    both = (*held.values(), *moved.values())
    levels = await lock_levels(tx, [hold.place for hold in both])
    changes: list[Change] = []
    short: list[Problem] = []
    for row_id, hold in moved.items():
        new = _moves(levels, row_id, held[row_id], hold)
        changes.extend(new)
        short.extend(_short_of(new[-1], (paths or {}).get(row_id, "")) if new else [])
    refuse(short, NotAllowed)
    rows = of_rows({"id": row_id, **patch} for row_id, patch in patches.items())
    await run_hooks(tx, RESERVATIONS.updating, rows)
    await change_levels(tx, changes)
    await _write(tx, patches)
    await emit(tx, "reservation-item.updated", list(patches))
    await run_hooks(tx, RESERVATIONS.updated, rows)


async def delete_reservations(tx: Transaction, ids: Sequence[str]) -> None:
    """Release reservations; ids that do not exist are ignored."""
    records = await lock_rows(tx, _RESERVATIONS, ids, *_Hold._fields)
    held = {record["id"]: _Hold.of(record) for record in records}
    levels = await lock_levels(tx, [hold.place for hold in held.values()])
    changes = [
        _reserve(levels[hold.place], row_id, hold, UNROUNDED.minus(hold.quantity))
        for row_id, hold in held.items()
        if hold.place in levels
    ]
    gone = without_bodies(record["id"] for record in records)
    await run_hooks(tx, RESERVATIONS.deleting, gone)
    await change_levels(tx, changes)
    found = await soft_delete_rows(tx, _RESERVATIONS, [record["id"] for record in records])
    await emit(tx, "reservation-item.deleted", found)
    await run_hooks(tx, RESERVATIONS.deleted, gone)


def _reserve(level: Level, row_id: str, hold: _Hold, quantity: Decimal) -> Change:
    """Reserve a larger or smaller quantity."""
    reason = "reserved" if quantity >= 0 else "released"
    firm = quantity > 0 and not hold.allow_backorder
    return level.change("reserved", quantity, reason, reference=row_id, firm=firm)


def _moves(
    levels: Mapping[LevelKey, Level], row_id: str, held: _Hold, wanted: _Hold
) -> list[Change]:
    """The changes from the present reservation to the wanted one."""
    before, after = held.place, wanted.place
    if before == after and held.quantity == wanted.quantity:
        return []
    refuse_missing(levels, [after])
    if before == after:
        more = UNROUNDED.subtract(wanted.quantity, held.quantity)
        return [_reserve(levels[after], row_id, wanted, more)]
    freed = UNROUNDED.minus(held.quantity)
    released = [_reserve(levels[before], row_id, wanted, freed)] if before in levels else []
    return [*released, _reserve(levels[after], row_id, wanted, wanted.quantity)]


def _short_of(change: Change, path: str) -> list[Problem]:
    """The problem of a reservation that takes more than is available."""
    level = change.level
    if not change.firm or level.available >= 0:
        return []
    return [
        {
            "path": below(path, "quantity"),
            "message": (
                f"Not enough stock available for item {level.item_id} at location"
                f" {level.location_id}"
            ),
            "current": float(UNROUNDED.add(level.available, change.delta)),
        }
    ]


async def _write(tx: Transaction, patches: Mapping[str, Patch]) -> None:
    if len(patches) == 1:
        [(row_id, patch)] = patches.items()
        await patch_row(tx, _RESERVATIONS, row_id, patch)
    else:
        await update_rows(tx, _RESERVATIONS, patches)
