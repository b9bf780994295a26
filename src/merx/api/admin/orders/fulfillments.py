"""/admin/orders/{id}/fulfillments: fulfillments of an order: create, cancel, ship, deliver."""

from fastapi import Request, Response

from merx.api.admin.orders.resources import ORDER, answer_order
from merx.modules.fulfillment.fulfillments import NewLabel
from merx.modules.order.order_schemas import FulfillOrder, Quietly, ShipOrder
from merx.web.bodies import check_rows
from merx.web.router import Router
from merx.web.transactions import Write, database
from merx.workflows.delivery.fulfillments import ask_to_cancel, handed_over
from merx.workflows.orders.fulfillments import (
    cancel_fulfillment,
    check_cancelable,
    deliver_fulfillment,
    fulfill_order,
    plan_fulfillment,
    ship_fulfillment,
)

router = Router(prefix="/orders", tags=["orders"])


@router.post("/{id}/fulfillments", openapi_extra=ORDER.parameters)
async def create_order_fulfillment(id: str, request: Request, body: FulfillOrder) -> Response:
    """Create a fulfillment of the order's items at a provider."""
    check_rows(request, len(body.items))
    db, providers = database(request), request.app.state.fulfillment_providers
    async with db.read() as tx:
        plan = await plan_fulfillment(tx, id, body)
    async with (
        handed_over(db, providers, plan.wanted, order_id=id) as handed,
        db.write() as tx,
    ):
        await fulfill_order(tx, plan, handed)
        answer = await answer_order(tx, id, request)
    request.app.state.wake_relay()
    return answer


@router.post("/{id}/fulfillments/{fulfillment_id}/cancel", openapi_extra=ORDER.parameters)
async def cancel_order_fulfillment(
    id: str, fulfillment_id: str, request: Request, body: Quietly
) -> Response:
    """Cancel a fulfillment that was not shipped."""
    db = database(request)
    async with db.read() as tx:
        await check_cancelable(tx, id, fulfillment_id)
    await ask_to_cancel(db, request.app.state.fulfillment_providers, fulfillment_id)
    async with db.write() as tx:
        await cancel_fulfillment(tx, id, fulfillment_id)
        answer = await answer_order(tx, id, request)
    request.app.state.wake_relay()
    return answer


@router.post("/{id}/fulfillments/{fulfillment_id}/shipments", openapi_extra=ORDER.parameters)
async def create_order_shipment(
    id: str, fulfillment_id: str, request: Request, body: ShipOrder, tx: Write
) -> Response:
    """Mark the items of a fulfillment as shipped, with labels and tracking."""
    check_rows(request, len(body.items), len(body.labels))
    labels = [NewLabel(**label.model_dump()) for label in body.labels]
    quiet = bool(body.no_notification)
    await ship_fulfillment(tx, id, fulfillment_id, labels, quiet=quiet)
    return await answer_order(tx, id, request)


@router.post(
    "/{id}/fulfillments/{fulfillment_id}/mark-as-delivered", openapi_extra=ORDER.parameters
)
async def mark_order_fulfillment_delivered(
    id: str, fulfillment_id: str, request: Request, body: Quietly, tx: Write
) -> Response:
    """Mark the items of a fulfillment as delivered, whether shipped or picked up."""
    await deliver_fulfillment(tx, id, fulfillment_id)
    return await answer_order(tx, id, request)
