"""/admin/order-changes: data stored with an open change."""

from fastapi import Request, Response

from merx.api.admin.orders.resources import CHANGED, CHANGES
from merx.modules.order.order_schemas import UpdateChange
from merx.web.reads import answer_one
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.orders.carried_promotions import update_change

router = Router(prefix="/order-changes", tags=["order changes"])


@router.post("/{id}", openapi_extra=CHANGED.parameters)
async def update_order_change(id: str, request: Request, body: UpdateChange, tx: Write) -> Response:
    """Set whether promotions are carried over, or add a note."""
    await update_change(tx, id, body, missing=CHANGES.not_found(id))
    return await answer_one(tx, CHANGED, id, request)
