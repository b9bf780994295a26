"""Locks and checks of stock that workflows share."""

from collections.abc import Sequence
from typing import NamedTuple

from merx.batch import Insert, SoftDelete, insert_all, lock_rows, patch_row, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem, below
from merx.core.hooks import changes, run_hooks, without_bodies
from merx.modules.inventory.hooks import ITEMS, LEVELS
from merx.modules.inventory.ledger import change_levels, lock_given_levels
from merx.modules.inventory.models import InventoryItem, InventoryLevel, ReservationItem
from merx.modules.inventory.schemas import UpdateInventoryItem
from merx.outbox import EventRow, emit, event_rows

_ITEMS = InventoryItem.__table__

# Items, `$1`, with what there is of them; one look-up per item, whatever the planner assumes.
WITH_REST = """
SELECT given.id, ARRAY(
    SELECT l.id FROM inventory_level l
    WHERE l.inventory_item_id = given.id AND l.deleted_at IS NULL OFFSET 0) AS levels,
  EXISTS (
    SELECT FROM reservation_item r
    WHERE r.inventory_item_id = given.id AND r.deleted_at IS NULL OFFSET 0) AS has_reservations
FROM unnest($1::text[]) AS given(id)"""

# Of the items with reservations, whether anything is reserved.
_RESERVED = """
SELECT given.id, reserved.is_held FROM unnest($1::text[]) AS given(id) CROSS JOIN LATERAL (
  SELECT bool_or(r.quantity > 0) AS is_held FROM reservation_item r
  WHERE r.inventory_item_id = given.id AND r.deleted_at IS NULL OFFSET 0) reserved
WHERE reserved.is_held IS NOT NULL"""


class ItemWithRest(NamedTuple):
    """A row of WITH_REST: an item, its levels, and whether there are reservations of it."""

    id: str
    levels: list[str]
    has_reservations: bool


# In id order, as all items are locked; each sku is looked up separately.
_WITH_SKUS = """
SELECT item.id, item.sku FROM (
  SELECT (SELECT i.id FROM inventory_item i WHERE i.sku = given.sku AND i.deleted_at IS NULL) AS id
  FROM unnest($1::text[]) AS given(sku) ORDER BY 1) AS found
CROSS JOIN LATERAL (
  SELECT * FROM inventory_item i WHERE i.id = found.id FOR NO KEY UPDATE OFFSET 0) AS item
WHERE item.deleted_at IS NULL AND item.sku = ANY($1::text[])"""

# Run once the items are locked: a concurrent request that links one of them has ended.
_LINKED = """
SELECT link.inventory_item_id FROM unnest($1::text[]) AS given(id)
JOIN product_variant_inventory_item link ON link.inventory_item_id = given.id"""


async def update_item(tx: Transaction, item_id: str, patch: UpdateInventoryItem) -> bool:
    """Change an item; False if it does not exist."""
    if not await lock_rows(tx, _ITEMS, [item_id]):
        return False
    change = changes([item_id], [patch])
    await run_hooks(tx, ITEMS.updating, change)
    await patch_row(tx, _ITEMS, item_id, patch.model_dump(exclude_unset=True))
    await emit(tx, "inventory-item.updated", [item_id])
    await run_hooks(tx, ITEMS.updated, change)
    return True


async def lock_items(tx: Transaction, ids: Sequence[str]) -> set[str]:
    """The live inventory items among the ids, locked against deletion until the end."""
    return {record["id"] for record in await lock_rows(tx, _ITEMS, ids, shared=True)}


async def find_sku_clashes(
    connection: Transaction, skus: Sequence[str | None], paths: Sequence[str]
) -> list[Problem]:
    """A problem for each sku, by path, that belongs to a live inventory item."""
    records = await connection.fetch(
        "SELECT sku, id FROM inventory_item WHERE sku = ANY($1::text[]) AND deleted_at IS NULL",
        skus,
    )
    present = {record["sku"]: record["id"] for record in records}
    return [
        {
            "path": below(path, "sku"),
            "code": "taken",
            "message": f"Inventory item with sku: {sku}, already exists.",
            "conflicting_id": present[sku],
        }
        for sku, path in zip(skus, paths, strict=True)
        if sku in present
    ]


async def remove_items(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete items, which the caller has locked exclusively, with their levels, and emit the events
    of the levels; the caller emits those of the items.

    Raises InvalidData naming the items with reservations.
    """
    if ids:
        items = [ItemWithRest(*record) for record in await tx.fetch(WITH_REST, list(ids))]
        await insert_all(tx, deletes=await remove_rest(tx, items))


async def remove_rest(tx: Transaction, items: Sequence[ItemWithRest]) -> list[SoftDelete]:
    """The same for locked items with what there is of them; returns what is left to delete, if that
    is all, for a statement that writes other rows too.

    Levels are locked in key order first, so no reservation can be made meanwhile.
    """
    ids = [item.id for item in items]
    if not any(item.levels or item.has_reservations for item in items):
        return [SoftDelete(_ITEMS, ids)]
    levels = await lock_given_levels(tx, [level for item in items for level in item.levels])
    held = {level.item_id for level in levels if level.reserved > 0}
    reserved = {record["id"]: record["is_held"] for record in await tx.fetch(_RESERVED, ids)}
    held |= {item_id for item_id, is_held in reserved.items() if is_held}
    if held:
        raise InvalidData(
            "Cannot remove following inventory item(s) since they have reservations:"
            f" [{', '.join(sorted(held))}]."
        )
    gone = without_bodies(level.id for level in levels)
    await run_hooks(tx, LEVELS.deleting, gone)
    await change_levels(tx, [change for level in levels for change in level.empty("item deleted")])
    level_ids = [level.id for level in levels]
    # Only reservations of quantity zero are left; they are deleted with their item.
    empty = ReservationItem.__table__
    nothing = await soft_delete_rows(tx, empty, list(reserved), by="inventory_item_id")
    events = {"inventory-level.deleted": level_ids, "reservation-item.deleted": sorted(nothing)}
    deletes = [SoftDelete(_ITEMS, ids), SoftDelete(InventoryLevel.__table__, level_ids)]
    await insert_all(tx, Insert(EventRow.__table__, event_rows(events)), deletes=deletes)
    await run_hooks(tx, LEVELS.deleted, gone)
    return []


async def find_unlinked_items(tx: Transaction, skus: Sequence[str]) -> dict[str, str]:
    """The live items with the given skus that no variant uses; locked until the end."""
    if not skus:
        return {}
    held = {record["sku"]: record["id"] for record in await tx.fetch(_WITH_SKUS, list(skus))}
    linked = {record[0] for record in await tx.fetch(_LINKED, list(held.values()))}
    return {sku: item_id for sku, item_id in held.items() if item_id not in linked}
