"""Inventory levels of a bulk job."""

from typing import NamedTuple

from merx.core.database import Transaction
from merx.core.errors import NotFound, Problem
from merx.core.kinds import Input
from merx.modules.inventory.ledger import NewLevel
from merx.modules.inventory.schemas import NOTHING, LevelQuantities
from merx.workflows.bulk.step import Done, Step, find_named, taken
from merx.workflows.stock.stock_levels import (
    Setting,
    create_levels,
    delete_levels,
    level_row,
    update_levels,
)

_FIND = """
SELECT level.inventory_item_id, level.location_id, level.id
FROM unnest($1::text[], $2::text[]) AS given(item_id, location_id)
CROSS JOIN LATERAL (
  SELECT * FROM inventory_level l
  WHERE l.inventory_item_id = given.item_id AND l.location_id = given.location_id
    AND l.deleted_at IS NULL OFFSET 0) level"""


class _Gone(Input):
    """`force` deletes a level that has stock."""

    force: bool = False


class _Place(NamedTuple):
    item_id: str
    location_id: str


async def write_levels(tx: Transaction, step: Step) -> None:
    """Create, set and delete levels."""
    op = step.rows[0].op
    missing = op == "delete"
    items = await find_named(tx, step, "inventory_item", 0, missing=missing)
    locations = await find_named(tx, step, "stock_location", 1, missing=missing)
    at = {
        place: _Place(items[place]["id"], locations[place]["id"])
        for place, _ in step.left()
        if place in items and place in locations
    }
    present = await _find(tx, list(at.values()))
    if op == "delete":
        await _delete(tx, step, at, present)
        return
    settings: dict[int, Setting] = {}
    new: dict[int, NewLevel] = {}
    for place, row in list(step.left()):
        body = step.checked(place, LevelQuantities, row.values)
        if body is None or not _may(step, place, present.get(at[place])):
            continue
        if at[place] in present:
            path = f"update[{len(settings)}]"
            step.note(path, place)
            settings[place] = Setting(at[place], body.model_dump(exclude_unset=True), path)
        elif body.expected_stocked_quantity in (None, NOTHING):
            new[place] = level_row(*at[place], body)
        else:
            step.blame(place, _missing("expected_stocked_quantity"))
    ids = await update_levels(tx, list(settings.values())) if settings else {}
    await create_levels(tx, list(new.values()))
    for place in settings:
        step.done[place] = Done(ids[at[place]], "updated")
    for place, row in new.items():
        step.done[place] = Done(row["id"], "created")


async def _find(tx: Transaction, places: list[_Place]) -> dict[_Place, str]:
    """The ids of the existing levels."""
    if not places:
        return {}
    records = await tx.fetch(_FIND, *map(list, zip(*places, strict=True)))
    return {_Place(record[0], record[1]): record[2] for record in records}


def _may(step: Step, place: int, known: str | None) -> bool:
    """Whether the line can be written, given what exists."""
    op = step.rows[place].op
    if op == "create" and known is not None:
        step.blame(place, taken("inventory_level", "location_id", known))
        return False
    if op == "update" and known is None:
        step.blame(place, _missing("location_id"))
        return False
    return True


def _missing(path: str) -> NotFound:
    words = "The item is not stocked at the location"
    problem: Problem = {"path": path, "code": "not_found", "message": words}
    return NotFound(words, problems=[problem])


async def _delete(
    tx: Transaction, step: Step, at: dict[int, _Place], present: dict[_Place, str]
) -> None:
    ids: dict[bool, list[str]] = {False: [], True: []}
    for place, row in list(step.left()):
        body = step.checked(place, _Gone, row.values)
        if body is None:
            continue
        level_id = present.get(at[place]) if place in at else None
        step.done[place] = Done(level_id, "deleted" if level_id else "none")
        if level_id:
            ids[body.force].append(level_id)
    for force, some in ids.items():
        if some:
            await delete_levels(tx, some, force=force)
