"""Reservations of stock: create, change, move and release them.

Reservations are locked before levels, both in key order. The lock on a level protects its
quantities: of two requests for the last piece the second finds nothing left, and the deletion of an
item, a location or a level waits for the reservation, or the reservation finds no level.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from merx.batch import Insert, insert_all, lock_rows, patch_row, soft_delete_rows, update_rows
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
_COLUMNS = ("inventory_item_id", "location_id", "quantity", "allow_backorder")


async def create_reservations(
    tx: Transaction,
    rows: Sequence[Mapping[str, Any]],
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
    levels = held if held is not None else await lock_levels(tx, map(_place, rows))
    refuse_missing(levels, map(_place, rows))
    made: list[dict[str, Any]] = [{"id": new_id("resitem"), **row} for row in rows]
    await run_hooks(tx, RESERVATIONS.creating, of_rows(made))
    changes: list[Change] = []
    short: list[Problem] = []
    for row, path in zip(made, paths, strict=True):
        change = _reserve(levels[_place(row)], row, row["quantity"])
        changes.append(change)
        short.extend(_short_of(change, path))
    refuse(short, NotAllowed)
    await change_levels(tx, changes)
    ids: list[str] = [row["id"] for row in made]
    events = event_rows({"reservation-item.created": ids})
    await insert_all(tx, Insert(_RESERVATIONS, made), Insert(EventRow.__table__, events))
    await run_hooks(tx, RESERVATIONS.created, of_rows(made))
    return ids


async def update_reservations(
    tx: Transaction,
    patches: Mapping[str, Mapping[str, Any]],
    paths: Mapping[str, str] | None = None,
) -> None:
    """Change reservations by id: quantity, location, backorder, and other columns.

    A reservation that moves is released at its old place first. Raises InvalidData naming unknown
    ids, NotFound and NotAllowed like `create_reservations`.
    """
    records = await lock_rows(tx, _RESERVATIONS, patches, *_COLUMNS)
    held: dict[str, dict[str, Any]] = {record["id"]: dict(record) for record in records}
    check_present(patches, held, "Reservation item with id {} not found", InvalidData)
    moved = {row_id: {**held[row_id], **patches[row_id]} for row_id in patches}
    levels = await lock_levels(tx, [_place(row) for rows in (held, moved) for row in rows.values()])
    changes: list[Change] = []
    short: list[Problem] = []
    for row_id, row in moved.items():
        new = _moves(levels, held[row_id], row)
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
    records = await lock_rows(tx, _RESERVATIONS, ids, *_COLUMNS)
    levels = await lock_levels(tx, map(_place, records))
    changes = [
        _reserve(levels[_place(row)], row, UNROUNDED.minus(row["quantity"]))
        for row in records
        if _place(row) in levels
    ]
    gone = without_bodies(record["id"] for record in records)
    await run_hooks(tx, RESERVATIONS.deleting, gone)
    await change_levels(tx, changes)
    found = await soft_delete_rows(tx, _RESERVATIONS, [record["id"] for record in records])
    await emit(tx, "reservation-item.deleted", found)
    await run_hooks(tx, RESERVATIONS.deleted, gone)


def _place(row: Mapping[str, Any]) -> LevelKey:
    return row["inventory_item_id"], row["location_id"]


def _reserve(level: Level, row: Mapping[str, Any], quantity: Decimal) -> Change:
    """Reserve a larger or smaller quantity."""
    reason = "reserved" if quantity >= 0 else "released"
    firm = quantity > 0 and not row.get("allow_backorder")
    return level.change("reserved", quantity, reason, reference=row["id"], firm=firm)


def _moves(
    levels: Mapping[LevelKey, Level], held: Mapping[str, Any], row: Mapping[str, Any]
) -> list[Change]:
    """The changes from the present reservation to the wanted row."""
    before, after = _place(held), _place(row)
    if before == after and held["quantity"] == row["quantity"]:
        return []
    refuse_missing(levels, [after])
    if before == after:
        more = UNROUNDED.subtract(row["quantity"], held["quantity"])
        return [_reserve(levels[after], row, more)]
    freed = UNROUNDED.minus(held["quantity"])
    released = [_reserve(levels[before], row, freed)] if before in levels else []
    return [*released, _reserve(levels[after], row, row["quantity"])]


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


async def _write(tx: Transaction, patches: Mapping[str, Mapping[str, Any]]) -> None:
    if len(patches) == 1:
        [(row_id, patch)] = patches.items()
        await patch_row(tx, _RESERVATIONS, row_id, patch)
    else:
        await update_rows(tx, _RESERVATIONS, patches)
