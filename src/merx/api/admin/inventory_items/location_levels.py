"""/admin/inventory-items/…/location-levels: the stock of an item at each location."""

from dataclasses import replace

from fastapi import Request, Response

from merx.api.admin.inventory_items.resources import INVENTORY_ITEM, INVENTORY_LEVEL
from merx.core.database import Transaction
from merx.modules.inventory.schemas import (
    BatchItemLevels,
    BatchLevels,
    LevelInput,
    LevelQuantities,
)
from merx.query.conditions import Compare
from merx.web.answers import Described, Maybe, answers
from merx.web.bodies import check_rows
from merx.web.queries import read_query
from merx.web.reads import answer_one, answer_page, find_given, find_one, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.stock.batch_levels import Changed, batch_levels, batch_levels_of
from merx.workflows.stock.stock_levels import (
    Setting,
    create_levels,
    delete_level,
    level_row,
    update_levels,
)

router = Router(prefix="/inventory-items", tags=["inventory levels"])

# Batches answer with whole levels, whatever the contract says about their fields.
_WHOLE_LEVEL = replace(INVENTORY_LEVEL, fields="*")
# The reference shows the item with a changed level.
_WITH_ITEM = replace(
    INVENTORY_LEVEL,
    fields="*, inventory_item.id, inventory_item.reserved_quantity,"
    " inventory_item.stocked_quantity",
)


def _batch_answer(deleted: object) -> Described:
    return answers(
        created=[_WHOLE_LEVEL],
        updated=[_WITH_ITEM],
        deleted=deleted,
        adjusted=Maybe([_WHOLE_LEVEL]),
    )


@router.post(
    "/location-levels/batch",
    openapi_extra=_WHOLE_LEVEL.parameters | _batch_answer(Maybe(list[str])),
)
async def batch_all(request: Request, body: BatchItemLevels, tx: Write) -> Response:
    """Delete, set, create and adjust levels of many items, all or none."""
    check_rows(request, *map(len, (body.create, body.update, body.delete, body.adjustments)))
    answer = await _changed(tx, request, await batch_levels(tx, body))
    # As on the reference, the key is present if the request has it.
    deleted = {"deleted": body.delete} if "delete" in body.model_fields_set else {}
    return wrap(**answer, **deleted)


@router.post(
    "/{id}/location-levels/batch", openapi_extra=_WHOLE_LEVEL.parameters | _batch_answer(list[str])
)
async def batch(id: str, request: Request, body: BatchLevels, tx: Write) -> Response:
    """Delete, set and create levels of one item, all or none."""
    check_rows(request, len(body.create), len(body.update), len(body.delete))
    answer = await _changed(tx, request, await batch_levels_of(tx, id, body))
    return wrap(**answer, deleted=body.delete)


@router.get("/{id}/location-levels", openapi_extra=INVENTORY_LEVEL.page_parameters)
async def list_levels(id: str, request: Request, tx: Read) -> Response:
    """List the item's levels that match the filters."""
    return await answer_page(tx, INVENTORY_LEVEL, request, Compare(("inventory_item_id",), "=", id))


@router.post("/{id}/location-levels", openapi_extra=INVENTORY_ITEM.parameters)
async def create(id: str, request: Request, body: LevelInput, tx: Write) -> Response:
    """Add a level of the item at a location; answers with the item."""
    await create_levels(tx, [level_row(id, body.location_id, body)])
    return await answer_one(tx, INVENTORY_ITEM, id, request)


@router.post("/{id}/location-levels/{location_id}", openapi_extra=INVENTORY_ITEM.parameters)
async def update(
    id: str, location_id: str, request: Request, body: LevelQuantities, tx: Write
) -> Response:
    """Set the item's quantities at a location; answers with the item."""
    await update_levels(tx, [Setting((id, location_id), body.model_dump(exclude_unset=True))])
    return await answer_one(tx, INVENTORY_ITEM, id, request)


@router.delete(
    "/{id}/location-levels/{location_id}",
    openapi_extra=INVENTORY_LEVEL.deletion_from(INVENTORY_ITEM),
)
async def delete(id: str, location_id: str, request: Request, tx: Write) -> Response:
    """Delete the item's level at a location; answers with the item as its parent."""
    query = read_query(request, INVENTORY_ITEM)
    level_id = await delete_level(tx, id, location_id)
    parent = await find_one(tx, INVENTORY_ITEM, id, query)
    return wrap(**INVENTORY_LEVEL.deleted(level_id, parent=parent))


async def _changed(tx: Transaction, request: Request, changed: Changed) -> dict[str, bytes]:
    query = read_query(request, _WHOLE_LEVEL)
    # Adjustments are Merx's own: without them, the answer does not mention them.
    named = {"adjusted": changed.adjusted} if changed.adjusted else {}
    lists = {"created": changed.created, **named}
    answer = {name: await find_given(tx, _WHOLE_LEVEL, ids, query) for name, ids in lists.items()}
    return {**answer, "updated": await find_given(tx, _WITH_ITEM, changed.updated, query)}
