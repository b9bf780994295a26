"""/admin/inventory-items/…/movements: the stock ledger of an item. Merx's own."""

from fastapi import Request, Response

from merx.api.admin.inventory_items.resources import INVENTORY_MOVEMENT
from merx.query.conditions import Compare
from merx.web.reads import answer_page
from merx.web.router import Router
from merx.web.transactions import Read

router = Router(prefix="/inventory-items", tags=["inventory movements"])


@router.get("/{id}/movements", openapi_extra=INVENTORY_MOVEMENT.page_parameters)
async def list_movements(id: str, request: Request, tx: Read) -> Response:
    """List the changes of the item's quantities, oldest first."""
    condition = Compare(("inventory_item_id",), "=", id)
    return await answer_page(tx, INVENTORY_MOVEMENT, request, condition)
