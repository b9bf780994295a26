"""/admin/orders/{id}/cancel: cancel an order."""

from fastapi import Request, Response

from merx.api.admin.orders.resources import ORDER, answer_order
from merx.web.queries import read_query
from merx.web.router import Router
from merx.web.tills import Tills
from merx.workflows.orders.orders import cancel_order

router = Router(prefix="/orders", tags=["orders"])


@router.post("/{id}/cancel", openapi_extra=ORDER.parameters)
async def cancel_one_order(id: str, request: Request, till: Tills) -> Response:
    """Cancel an order: release its stock and promotions, and give its money back."""
    read_query(request, ORDER)
    await cancel_order(till, id)
    async with till.database.read() as tx:
        return await answer_order(tx, id, request)
