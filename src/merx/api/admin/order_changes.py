"""/admin/order-changes: data stored with an open change."""

from fastapi import Request, Response

from merx.api.admin.orders.resources import CHANGED, CHANGES
from merx.batch import patch_row
from merx.core.errors import InvalidData
from merx.modules.order.change_models import OrderChange
from merx.modules.order.order_schemas import UpdateChange
from merx.web.reads import answer_one
from merx.web.router import Router
from merx.web.transactions import Write

router = Router(prefix="/order-changes", tags=["order changes"])

_STATUS = "SELECT status FROM order_change WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"


@router.post("/{id}", openapi_extra=CHANGED.parameters)
async def update_order_change(id: str, request: Request, body: UpdateChange, tx: Write) -> Response:
    """Set whether promotions are carried over, or add a note."""
    status = await tx.fetchval(_STATUS, id)
    if status is None:
        raise CHANGES.not_found(id)
    if status not in ("pending", "requested"):
        raise InvalidData(f"Order change {id} is not active to be modified")
    await patch_row(tx, OrderChange.__table__, id, body.model_dump(exclude_unset=True))
    return await answer_one(tx, CHANGED, id, request)
