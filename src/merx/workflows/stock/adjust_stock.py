"""Adjusts stocked quantities relative to their present value, safe under concurrency."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import InsufficientInventory, Problem, refuse
from merx.core.hooks import changes as changes_of
from merx.core.hooks import run_hooks
from merx.core.money import UNROUNDED
from merx.modules.inventory.hooks import LEVELS
from merx.modules.inventory.ledger import Change, change_levels, lock_levels
from merx.modules.inventory.schemas import Adjustment
from merx.outbox import emit
from merx.workflows.stock.stock_levels import refuse_missing


async def adjust_stock(tx: Transaction, adjustments: Sequence[Adjustment]) -> list[str]:
    """Make the adjustments in order; returns the distinct ids of their levels.

    Raises NotFound naming items and locations without a level; InsufficientInventory naming each
    adjustment that takes more than is stocked.
    """
    places = [(row.inventory_item_id, row.location_id) for row in adjustments]
    levels = await lock_levels(tx, places)
    paths = [f"adjustments[{number}]" for number in range(len(places))]
    refuse_missing(levels, places, paths)
    changes: list[Change] = []
    problems: list[Problem] = []
    for number, (place, row) in enumerate(zip(places, adjustments, strict=True)):
        level = levels[place]
        changes.append(level.change("stocked", row.delta, row.reason, reference=row.reference))
        if row.delta < 0 and level.stocked < 0:
            before = UNROUNDED.subtract(level.stocked, row.delta)
            message = (
                f"Item {level.item_id} has {before:f} stocked at location"
                f" {level.location_id}, which cannot be changed by {row.delta:f}"
            )
            problems.append({"path": f"adjustments[{number}].delta", "message": message})
    refuse(problems, InsufficientInventory)
    rows = changes_of((levels[place].id for place in places), adjustments)
    await run_hooks(tx, LEVELS.updating, rows)
    await change_levels(tx, changes)
    ids = list(dict.fromkeys(levels[place].id for place in places))
    await emit(tx, "inventory-level.updated", ids)
    await run_hooks(tx, LEVELS.updated, rows)
    return ids
