"""/admin/inventory-items: the items kept in stock."""

from fastapi import Request, Response

from merx.api.admin.inventory_items.resources import INVENTORY_ITEM
from merx.core.errors import NotFound
from merx.modules.inventory.schemas import CreateInventoryItem, UpdateInventoryItem
from merx.modules.inventory.service import update_item
from merx.web.bodies import check_rows
from merx.web.crud import plain_router
from merx.web.reads import answer_one
from merx.web.transactions import Write
from merx.workflows.stock.inventory_items import create_inventory_items, delete_inventory_items

router = plain_router("/inventory-items", INVENTORY_ITEM)


@router.post("", openapi_extra=INVENTORY_ITEM.parameters)
async def create_inventory_item(request: Request, body: CreateInventoryItem, tx: Write) -> Response:
    """Create an item, optionally with stock at locations."""
    check_rows(request, len(body.location_levels))
    [item_id] = await create_inventory_items(tx, [body])
    return await answer_one(tx, INVENTORY_ITEM, item_id, request)


@router.post("/{id}", openapi_extra=INVENTORY_ITEM.parameters)
async def update_inventory_item(
    id: str, request: Request, body: UpdateInventoryItem, tx: Write
) -> Response:
    """Change an item."""
    if not await update_item(tx, id, body):
        raise NotFound(f'InventoryItem with id "{id}" not found')
    return await answer_one(tx, INVENTORY_ITEM, id, request)


@router.delete("/{id}", openapi_extra=INVENTORY_ITEM.deletion)
async def delete_inventory_item(id: str, tx: Write) -> dict[str, object]:
    """Delete an item without reservations; deleting an id that does not exist succeeds."""
    await delete_inventory_items(tx, [id])
    return INVENTORY_ITEM.deleted(id)
