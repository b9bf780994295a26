"""Quantities of items at locations: create, set and delete levels, many in one call."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from merx.batch import insert_rows, lock_rows, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.modules.inventory.models import InventoryLevel
from merx.modules.inventory.service import lock_items
from merx.modules.stock_location.service import lock_locations
from merx.outbox import emit

# An item and a location.
Place = tuple[str, str]

_LEVELS = InventoryLevel.__table__

# One look-up for each place, whatever the planner knows of the table: neither a subselect nor
# OFFSET 0 can become a join that reads all levels for all places.
_LOCK_PLACES = """
SELECT level.id, level.inventory_item_id, level.location_id FROM (
  SELECT (SELECT l.id FROM inventory_level l
          WHERE l.inventory_item_id = given.item_id
            AND l.location_id = given.location_id AND l.deleted_at IS NULL) AS id
  FROM unnest($1::text[], $2::text[]) AS given(item_id, location_id) ORDER BY 1) AS found
CROSS JOIN LATERAL (
  SELECT * FROM inventory_level l WHERE l.id = found.id FOR NO KEY UPDATE OFFSET 0) AS level
WHERE level.deleted_at IS NULL"""

_QUANTITIES = ("inventory_item_id", "location_id", "stocked_quantity", "reserved_quantity")


class Quantities(Protocol):
    """A body that carries quantities."""

    stocked_quantity: Any
    incoming_quantity: Any


def level_row(item_id: str, location_id: str, quantities: Quantities) -> dict[str, Any]:
    """A new level."""
    return {
        "id": new_id("ilev"),
        "inventory_item_id": item_id,
        "location_id": location_id,
        "stocked_quantity": quantities.stocked_quantity,
        "incoming_quantity": quantities.incoming_quantity,
    }


async def create_levels(tx: Transaction, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Insert levels made by `level_row`; their ids.

    Raises NotFound that names unknown items and locations; of a level that exists, or is made by
    another request at the same time, the unique index tells.
    """
    if not rows:
        return []
    wanted = list(dict.fromkeys(row["inventory_item_id"] for row in rows))
    present = await lock_items(tx, wanted)
    missing = [item_id for item_id in wanted if item_id not in present]
    if missing:
        raise NotFound(
            f"You tried to set relationship inventory_item_id: {', '.join(missing)},"
            " but such entity does not exist"
        )
    await lock_locations(tx, [row["location_id"] for row in rows])
    # In one order in every request: two that make the same levels wait for each other, not both.
    ordered = sorted(rows, key=lambda row: (row["inventory_item_id"], row["location_id"]))
    await insert_rows(tx, _LEVELS, ordered)
    ids: list[str] = [row["id"] for row in rows]
    await emit(tx, "inventory-level.created", ids)
    return ids


async def update_levels(
    tx: Transaction, patches: Mapping[Place, Mapping[str, Any]]
) -> dict[Place, str]:
    """Set quantities of the levels at the places; their ids.

    Raises NotFound that names the items and locations without a level.
    """
    if not patches:
        return {}
    items, locations = [item for item, _ in patches], [location for _, location in patches]
    records = await tx.fetch(_LOCK_PLACES, items, locations)
    ids = {(record["inventory_item_id"], record["location_id"]): record["id"] for record in records}
    missing = [place for place in patches if place not in ids]
    if missing:
        named = (f"Item {item} is not stocked at location {location}" for item, location in missing)
        raise NotFound(", ".join(named))
    found = {place: ids[place] for place in patches}
    await update_rows(tx, _LEVELS, {found[place]: patch for place, patch in patches.items()})
    await emit(tx, "inventory-level.updated", list(found.values()))
    return found


async def delete_levels(
    tx: Transaction, ids: Sequence[str], *, force: bool, item_id: str | None = None
) -> None:
    """Delete levels; ids that nobody has are passed over.

    Raises NotAllowed while something is reserved there, or stocked and not `force`; InvalidData
    when a level is not of the item.
    """
    records = await lock_rows(tx, _LEVELS, ids, *_QUANTITIES)
    foreign = [r["id"] for r in records if item_id not in (None, r["inventory_item_id"])]
    if foreign:
        raise InvalidData(
            f"Inventory levels with ids: {', '.join(foreign)} belong to another inventory item"
        )
    reserved = _locations(record for record in records if record["reserved_quantity"] > 0)
    if reserved:
        raise NotAllowed(
            f"Cannot remove Inventory Levels for {reserved} because there are reserved or"
            " incoming items at the locations"
        )
    _refuse_stocked([] if force else records)
    await _delete(tx, [record["id"] for record in records])


async def delete_level(tx: Transaction, item_id: str, location_id: str) -> str:
    """Delete the level of the item at the location; its id.

    Raises NotFound when there is none, NotAllowed while something is reserved or stocked there.
    """
    found = await tx.fetch(
        "SELECT id FROM inventory_level"
        " WHERE inventory_item_id = $1 AND location_id = $2 AND deleted_at IS NULL",
        item_id,
        location_id,
    )
    records = await lock_rows(tx, _LEVELS, [record[0] for record in found], *_QUANTITIES)
    if not records:
        raise NotFound(f"Inventory Level for Item {item_id} at Location {location_id} not found")
    if any(record["reserved_quantity"] > 0 for record in records):
        raise NotAllowed(
            f"Cannot remove Inventory Level {item_id} at Location {location_id} because there are"
            " reservations at location"
        )
    _refuse_stocked(records)
    level_id: str = records[0]["id"]
    await _delete(tx, [level_id])
    return level_id


async def delete_levels_at(tx: Transaction, location_ids: Sequence[str]) -> None:
    """Delete all levels at locations that the caller has locked alone; NotAllowed while something
    is reserved there."""
    found = await tx.fetch(
        "SELECT id FROM inventory_level WHERE location_id = ANY($1::text[]) AND deleted_at IS NULL",
        location_ids,
    )
    records = await lock_rows(tx, _LEVELS, [record[0] for record in found], *_QUANTITIES)
    reserved = _locations(record for record in records if record["reserved_quantity"] > 0)
    if reserved:
        raise NotAllowed(
            f"Cannot remove Stock Locations {reserved} because there are reserved items at the"
            " locations"
        )
    await _delete(tx, [record["id"] for record in records])


def _refuse_stocked(records: Sequence[Any]) -> None:
    stocked = _locations(record for record in records if record["stocked_quantity"] > 0)
    if stocked:
        raise NotAllowed(
            f"Cannot remove Inventory Levels for {stocked} because there are stocked items at the"
            " locations. Use force flag to delete anyway."
        )


def _locations(records: Any) -> str:
    return ", ".join(dict.fromkeys(record["location_id"] for record in records))


async def _delete(tx: Transaction, ids: list[str]) -> None:
    await soft_delete_rows(tx, _LEVELS, ids)
    await emit(tx, "inventory-level.deleted", ids)
