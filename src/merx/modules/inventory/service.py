"""Locks and checks of stock that the workflows share."""

from collections.abc import Sequence
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem


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
