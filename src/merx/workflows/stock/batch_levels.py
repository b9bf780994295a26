"""Batches of levels: delete → update → create, all or none."""

from collections.abc import Sequence
from typing import NamedTuple

from merx.core.database import Transaction
from merx.core.errors import NotFound, Problem, refuse
from merx.modules.inventory.schemas import (
    BatchItemLevels,
    BatchLevels,
    ItemLevelChange,
    LevelChange,
)
from merx.workflows.stock.adjust_stock import adjust_stock
from merx.workflows.stock.stock_levels import (
    Setting,
    create_levels,
    delete_levels,
    level_row,
    update_levels,
)

_SETTABLE = {"stocked_quantity", "incoming_quantity", "expected_stocked_quantity"}


class Changed(NamedTuple):
    """The ids of the levels that a batch has changed."""

    created: list[str]
    updated: list[str]
    adjusted: list[str]


async def batch_levels(tx: Transaction, body: BatchItemLevels) -> Changed:
    """Delete, set, create and adjust levels of many items."""
    await delete_levels(tx, body.delete, force=body.force)
    updated = await update_levels(
        tx, _settings([level.inventory_item_id for level in body.update], body.update)
    )
    created = await create_levels(
        tx,
        [level_row(level.inventory_item_id, level.location_id, level) for level in body.create],
        _paths(body.create),
    )
    adjusted = await adjust_stock(tx, body.adjustments)
    return Changed(created, list(updated.values()), adjusted)


async def batch_levels_of(tx: Transaction, item_id: str, body: BatchLevels) -> Changed:
    """Delete, set and create levels of one item.

    Raises InvalidData if a level to delete, NotFound if one to update does not belong to the item.
    """
    await delete_levels(tx, body.delete, force=body.force, item_id=item_id)
    updated = await update_levels(tx, _settings([item_id] * len(body.update), body.update))
    problems: list[Problem] = [
        {
            "path": f"update[{number}].id",
            "message": f'InventoryLevel with id "{level.id}" not found',
        }
        for number, level in enumerate(body.update)
        if "id" in level.model_fields_set and level.id != updated[item_id, level.location_id]
    ]
    refuse(problems, NotFound)
    created = await create_levels(
        tx,
        [level_row(item_id, level.location_id, level) for level in body.create],
        _paths(body.create),
    )
    return Changed(created, list(updated.values()), [])


def _paths(created: Sequence[object]) -> list[str]:
    return [f"create[{number}]" for number in range(len(created))]


def _settings(
    item_ids: Sequence[str], levels: Sequence[LevelChange | ItemLevelChange]
) -> list[Setting]:
    return [
        Setting(
            (item_id, level.location_id),
            level.model_dump(include=_SETTABLE, exclude_unset=True),
            f"update[{number}]",
        )
        for number, (item_id, level) in enumerate(zip(item_ids, levels, strict=True))
    ]
