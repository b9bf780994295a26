"""Inventory levels: create, set, adjust and delete them, many in one call."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from merx.batch import Patch, insert_all, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import (
    NO_SUCH_ENTITY,
    Conflict,
    InvalidData,
    NotAllowed,
    NotFound,
    Problem,
    below,
    refuse,
    refuse_named,
)
from merx.core.hooks import of_rows, run_hooks, without_bodies
from merx.core.ids import new_id
from merx.modules.inventory.hooks import LEVELS
from merx.modules.inventory.ledger import (
    Change,
    Level,
    LevelKey,
    NewLevel,
    change_levels,
    lock_given_levels,
    lock_levels,
    opening,
)
from merx.modules.inventory.models import InventoryLevel, ReservationItem
from merx.modules.inventory.service import lock_items
from merx.modules.stock_location.service import lock_locations
from merx.outbox import emit

_LEVELS = InventoryLevel.__table__


class Quantities(Protocol):
    """A body with quantities."""

    stocked_quantity: Any
    incoming_quantity: Any


class Setting(NamedTuple):
    """Quantities to set at a place, and its path in the request.

    `values` may contain `stocked_quantity`, `incoming_quantity` and `expected_stocked_quantity`.
    """

    place: LevelKey
    values: Patch
    path: str = ""


def level_row(item_id: str, location_id: str, quantities: Quantities) -> NewLevel:
    """The row of a new level."""
    return {
        "id": new_id("ilev"),
        "inventory_item_id": item_id,
        "location_id": location_id,
        "stocked_quantity": quantities.stocked_quantity,
        "incoming_quantity": quantities.incoming_quantity,
    }


async def create_levels(
    tx: Transaction, rows: Sequence[NewLevel], paths: Sequence[str] | None = None
) -> list[str]:
    """Insert levels made by `level_row`; returns their ids.

    Raises NotFound naming unknown items and locations, by the paths of their rows; an existing
    level, or one created concurrently, violates the unique index.
    """
    if not rows:
        return []
    paths = paths or [""] * len(rows)
    present = await lock_items(tx, [row["inventory_item_id"] for row in rows])
    missing = [
        (row["inventory_item_id"], below(path, "inventory_item_id"))
        for row, path in zip(rows, paths, strict=True)
        if row["inventory_item_id"] not in present
    ]
    refuse_named(missing, NO_SUCH_ENTITY.format("inventory_item_id"))
    await lock_locations(tx, [row["location_id"] for row in rows], paths)
    await run_hooks(tx, LEVELS.creating, of_rows(rows))
    # Always in the same order, so two requests that create the same levels cannot deadlock.
    ordered = sorted(rows, key=lambda row: (row["inventory_item_id"], row["location_id"]))
    await insert_all(tx, *opening(ordered, "created"))
    ids: list[str] = [row["id"] for row in rows]
    await emit(tx, "inventory-level.created", ids)
    await run_hooks(tx, LEVELS.created, of_rows(rows))
    return ids


async def update_levels(tx: Transaction, settings: Sequence[Setting]) -> dict[LevelKey, str]:
    """Set quantities of the levels at the places in order; returns their ids.

    Raises NotFound naming items and locations without a level; Conflict naming the levels, with
    their stocked quantity, that differ from what was expected.
    """
    levels = await lock_levels(tx, (setting.place for setting in settings))
    refuse_missing(levels, [one.place for one in settings], [one.path for one in settings])
    changes: list[Change] = []
    problems: list[Problem] = []
    for place, values, path in settings:
        level = levels[place]
        expected = values.get("expected_stocked_quantity")
        if expected is not None and expected != level.stocked:
            message = (
                f"Item {level.item_id} has {level.stocked:f} stocked at location"
                f" {level.location_id}, not {expected:f}"
            )
            where = below(path, "expected_stocked_quantity")
            problems.append({"path": where, "message": message, "current": float(level.stocked)})
        stocked = values.get("stocked_quantity", level.stocked)
        incoming = values.get("incoming_quantity", level.incoming)
        changes.append(level.become("stocked", stocked, "set"))
        changes.append(level.become("incoming", incoming, "set"))
    refuse(problems, Conflict)
    rows = of_rows({"id": levels[place].id, **values} for place, values, _ in settings)
    await run_hooks(tx, LEVELS.updating, rows)
    await change_levels(tx, changes)
    ids = {place: level.id for place, level in levels.items()}
    await emit(tx, "inventory-level.updated", list(ids.values()))
    await run_hooks(tx, LEVELS.updated, rows)
    return ids


def refuse_missing(
    levels: Mapping[LevelKey, Level],
    places: Sequence[LevelKey],
    paths: Sequence[str] | None = None,
) -> None:
    """Raise NotFound naming the places without a level, by the paths of what names them."""
    missing = [
        (f"Item {place[0]} is not stocked at location {place[1]}", below(path, "location_id"))
        for place, path in zip(places, paths or [""] * len(places), strict=True)
        if place not in levels
    ]
    refuse_named(missing, "{}")


async def delete_levels(
    tx: Transaction, ids: Sequence[str], *, force: bool, item_id: str | None = None
) -> None:
    """Delete levels; ids that do not exist are ignored.

    Raises NotAllowed if they have reservations, or stock and not `force`; InvalidData if a level
    does not belong to the item. They are named by their places in a list `delete`.
    """
    levels = await lock_given_levels(tx, ids)
    paths = {given: f"delete[{place}]" for place, given in enumerate(ids)}
    foreign = [level for level in levels if item_id not in (None, level.item_id)]
    words = "Inventory levels with ids: {} belong to another inventory item"
    refuse_named([(level.id, paths[level.id]) for level in foreign], words, InvalidData)
    reserved = [level for level in levels if level.reserved > 0]
    words = (
        "Cannot remove Inventory Levels for {} because there are reserved or"
        " incoming items at the locations"
    )
    refuse_named([(one.location_id, paths[one.id]) for one in reserved], words, NotAllowed)
    _refuse_stocked([] if force else levels, paths)
    await _delete(tx, levels, "level deleted")


async def delete_level(tx: Transaction, item_id: str, location_id: str) -> str:
    """Delete the level of the item at the location; returns its id.

    Raises NotFound if it does not exist, NotAllowed if it has reservations or stock.
    """
    levels = list((await lock_levels(tx, [(item_id, location_id)])).values())
    if not levels:
        raise NotFound(f"Inventory Level for Item {item_id} at Location {location_id} not found")
    if any(level.reserved > 0 for level in levels):
        raise NotAllowed(
            f"Cannot remove Inventory Level {item_id} at Location {location_id} because there are"
            " reservations at location"
        )
    _refuse_stocked(levels, {})
    await _delete(tx, levels, "level deleted")
    return levels[0].id


async def delete_levels_at(tx: Transaction, location_ids: Sequence[str]) -> None:
    """Delete all levels at locations that the caller has locked exclusively; NotAllowed if any has
    reservations.
    """
    found = await tx.fetch(
        "SELECT id FROM inventory_level WHERE location_id = ANY($1::text[]) AND deleted_at IS NULL",
        location_ids,
    )
    levels = await lock_given_levels(tx, [record[0] for record in found])
    reserved = _locations(level for level in levels if level.reserved > 0)
    if reserved:
        raise NotAllowed(
            f"Cannot remove Stock Locations {reserved} because there are reserved items at the"
            " locations"
        )
    await _delete(tx, levels, "location deleted")
    # Only reservations of quantity zero are left; they are deleted with their location.
    nothing = await soft_delete_rows(tx, ReservationItem.__table__, location_ids, by="location_id")
    await emit(tx, "reservation-item.deleted", sorted(nothing))


def _refuse_stocked(levels: Sequence[Level], paths: Mapping[str, str]) -> None:
    stocked = [(one.location_id, paths.get(one.id, "")) for one in levels if one.stocked > 0]
    words = (
        "Cannot remove Inventory Levels for {} because there are stocked items at the"
        " locations. Use force flag to delete anyway."
    )
    refuse_named(stocked, words, NotAllowed)


def _locations(levels: Iterable[Level]) -> str:
    return ", ".join(dict.fromkeys(level.location_id for level in levels))


async def _delete(tx: Transaction, levels: Sequence[Level], reason: str) -> None:
    ids = [level.id for level in levels]
    await run_hooks(tx, LEVELS.deleting, without_bodies(ids))
    await change_levels(tx, [change for level in levels for change in level.empty(reason)])
    await soft_delete_rows(tx, _LEVELS, ids)
    await emit(tx, "inventory-level.deleted", ids)
    await run_hooks(tx, LEVELS.deleted, without_bodies(ids))
