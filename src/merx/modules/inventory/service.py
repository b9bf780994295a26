"""Locks and checks of stock that the workflows share."""

from collections.abc import Sequence
from typing import Any

from merx.batch import soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem
from merx.modules.inventory.models import InventoryItem, InventoryLevel

_RESERVED = """
SELECT inventory_item_id FROM reservation_item
WHERE inventory_item_id = ANY($1::text[]) AND deleted_at IS NULL AND quantity > 0
UNION
SELECT inventory_item_id FROM inventory_level
WHERE inventory_item_id = ANY($1::text[]) AND deleted_at IS NULL AND reserved_quantity > 0
ORDER BY 1"""


async def lock_items(tx: Transaction, ids: Sequence[str]) -> set[str]:
    """The live inventory items among the ids, held against deletion until the end."""
    records = await tx.fetch(
        "SELECT id FROM inventory_item WHERE id = ANY($1::text[]) AND deleted_at IS NULL"
        " ORDER BY id FOR SHARE",
        list(ids),
    )
    return {record[0] for record in records}


async def explain_sku_clashes(tx: Transaction, rows: Sequence[dict[str, Any]]) -> InvalidData:
    """The error that names every row whose sku a live inventory item has."""
    skus = [row["sku"] for row in rows]
    records = await tx.fetch(
        "SELECT sku FROM inventory_item WHERE sku = ANY($1::text[]) AND deleted_at IS NULL", skus
    )
    present = {record[0] for record in records}
    # An item of the same call may hold the sku, then no committed row does.
    named = [sku for sku in skus if sku in present] or skus
    problems: list[Problem] = [
        {"path": "sku", "message": f"Inventory item with sku: {sku}, already exists."}
        for sku in named
    ]
    return InvalidData(problems[0].get("message", ""), problems=problems)


async def remove_items(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete items, which the caller has locked alone, with their levels.

    Levels are locked in key order first, so that no reservation slips in. Raises InvalidData
    that names the items which are reserved.
    """
    if not ids:
        return
    await tx.execute(
        "SELECT FROM inventory_level WHERE inventory_item_id = ANY($1::text[])"
        " AND deleted_at IS NULL ORDER BY id FOR UPDATE",
        list(ids),
    )
    reserved = [record[0] for record in await tx.fetch(_RESERVED, list(ids))]
    if reserved:
        raise InvalidData(
            "Cannot remove following inventory item(s) since they have reservations:"
            f" [{', '.join(reserved)}]."
        )
    await soft_delete_rows(tx, InventoryItem.__table__, ids)
    await soft_delete_rows(tx, InventoryLevel.__table__, ids, by="inventory_item_id")
