"""/admin/orders/{id}/transfer: transfers of an order to another customer."""

from fastapi import Request, Response

from merx.api.admin.orders.resources import ORDER, answer_order
from merx.modules.order.order_schemas import RequestTransfer, TransferToGuest
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.orders.transfers import (
    Transfer,
    cancel_transfer,
    request_transfer,
    transfer_to_guest,
)

router = Router(prefix="/orders", tags=["orders"])


@router.post("/{id}/transfer", openapi_extra=ORDER.parameters)
async def request_order_transfer(
    id: str, request: Request, body: RequestTransfer, tx: Write
) -> Response:
    """Request the transfer of an order to a customer."""
    wanted = Transfer(
        body.customer_id, body.description, body.internal_note, bool(body.update_order_email)
    )
    await request_transfer(tx, id, wanted)
    return await answer_order(tx, id, request)


@router.post("/{id}/transfer/cancel", openapi_extra=ORDER.parameters)
async def cancel_order_transfer(id: str, request: Request, tx: Write) -> Response:
    """Cancel the request."""
    await cancel_transfer(tx, id)
    return await answer_order(tx, id, request)


@router.post("/{id}/transfer/guest", openapi_extra=ORDER.parameters)
async def transfer_order_to_guest(
    id: str, request: Request, body: TransferToGuest, tx: Write
) -> Response:
    """Transfer an order to a guest."""
    await transfer_to_guest(tx, id, body.email)
    return await answer_order(tx, id, request)
