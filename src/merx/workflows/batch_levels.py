"""Batches of levels: delete → update → create, all or none."""

from collections.abc import Iterable
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.modules.inventory.schemas import BatchItemLevels, BatchLevels, ItemLevel, LevelChange
from merx.workflows.stock_levels import (
    Place,
    create_levels,
    delete_levels,
    level_row,
    update_levels,
)


async def batch_levels(tx: Transaction, body: BatchItemLevels) -> tuple[list[str], list[str]]:
    """Change levels of many items; the ids of the created and of the updated."""
    await delete_levels(tx, body.delete, force=body.force)
    updated = await update_levels(
        tx, _patches((level.inventory_item_id, level) for level in body.update)
    )
    created = await create_levels(
        tx, [level_row(level.inventory_item_id, level.location_id, level) for level in body.create]
    )
    return created, list(updated.values())


async def batch_levels_of(
    tx: Transaction, item_id: str, body: BatchLevels
) -> tuple[list[str], list[str]]:
    """Change levels of one item; the ids of the created and of the updated.

    Raises InvalidData when a level to delete, NotFound when one to update is not of the item.
    """
    await delete_levels(tx, body.delete, force=body.force, item_id=item_id)
    updated = await update_levels(tx, _patches((item_id, level) for level in body.update))
    for level in body.update:
        if level.id not in (None, updated[item_id, level.location_id]):
            raise NotFound(f'InventoryLevel with id "{level.id}" not found')
    created = await create_levels(
        tx, [level_row(item_id, level.location_id, level) for level in body.create]
    )
    return created, list(updated.values())


def _patches(levels: Iterable[tuple[str, LevelChange | ItemLevel]]) -> dict[Place, dict[str, Any]]:
    """The quantities to set by place; of a place that is named twice the last value counts."""
    patches: dict[Place, dict[str, Any]] = {}
    names = {"stocked_quantity", "incoming_quantity"}
    for item_id, level in levels:
        given = level.model_dump(include=names, exclude_unset=True)
        patches.setdefault((item_id, level.location_id), {}).update(given)
    return patches
