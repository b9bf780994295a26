"""Creates inventory items with their stock, and deletes them with their levels and links."""

from collections.abc import Sequence

from merx.batch import Insert, Row, delete_rows, insert_all, lock_rows
from merx.core.database import Transaction
from merx.core.hooks import changes, of_rows, run_hooks, without_bodies, without_ids
from merx.core.ids import new_id
from merx.modules.inventory.hooks import ITEMS, LEVELS
from merx.modules.inventory.ledger import opening
from merx.modules.inventory.models import InventoryItem
from merx.modules.inventory.schemas import CreateInventoryItem
from merx.modules.inventory.service import remove_items
from merx.modules.product.models import ProductVariantInventoryItem
from merx.modules.stock_location.service import lock_locations
from merx.outbox import emit_all
from merx.workflows.stock.stock_levels import level_row


async def create_inventory_items(
    tx: Transaction, drafts: Sequence[CreateInventoryItem]
) -> list[str]:
    """Create items with their levels; returns their ids in the order of the drafts.

    Raises NotFound naming unknown locations.
    """
    await run_hooks(tx, ITEMS.creating, without_ids(drafts))
    await lock_locations(
        tx,
        [level.location_id for d in drafts for level in d.location_levels],
        [f"location_levels[{n}]" for d in drafts for n in range(len(d.location_levels))],
    )
    rows = [_row(draft) for draft in drafts]
    levels = [
        level_row(row["id"], level.location_id, level)
        for row, draft in zip(rows, drafts, strict=True)
        for level in draft.location_levels
    ]
    await run_hooks(tx, LEVELS.creating, of_rows(levels))
    await insert_all(tx, Insert(InventoryItem.__table__, rows), *opening(levels, "created"))
    ids: list[str] = [row["id"] for row in rows]
    await emit_all(
        tx,
        {
            "inventory-item.created": ids,
            "inventory-level.created": [level["id"] for level in levels],
        },
    )
    await run_hooks(tx, ITEMS.created, changes(ids, drafts))
    await run_hooks(tx, LEVELS.created, of_rows(levels))
    return ids


def _row(draft: CreateInventoryItem) -> Row:
    return {"id": new_id("iitem"), **draft.model_dump(exclude={"location_levels"})}


async def delete_inventory_items(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete the items among the ids with their levels and links to variants.

    Ids that do not exist are ignored. Raises InvalidData if some are reserved.
    """
    records = await lock_rows(tx, InventoryItem.__table__, ids, referable=True)
    found: list[str] = [record["id"] for record in records]
    await run_hooks(tx, ITEMS.deleting, without_bodies(found))
    await remove_items(tx, found)
    links = ProductVariantInventoryItem.__table__
    await delete_rows(tx, links, "inventory_item_id", found)
    await emit_all(tx, {"inventory-item.deleted": found})
    await run_hooks(tx, ITEMS.deleted, without_bodies(found))
