"""/admin/fulfillments: fulfillments, created directly or for an order."""

from fastapi import Request, Response

from merx.modules.fulfillment import fulfillments as rows
from merx.modules.fulfillment.fulfillment_schemas import CreateFulfillment, CreateShipment
from merx.web.bodies import check_rows
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Write, database
from merx.workflows.delivery.fulfillments import ask_to_cancel, handed_over, write_fulfillment

# The contract's default fields include `order`, but the reference never shows it, even if the
# fulfillment belongs to an order.
FULFILLMENT = Resource(
    "fulfillment",
    "fulfillment",
    "fulfillments",
    "id, location_id, packed_at, shipped_at, marked_shipped_by, created_by, delivered_at,"
    " canceled_at, data, provider_id, shipping_option_id, metadata, created_at, updated_at,"
    " deleted_at, *delivery_address, *items, *labels",
    missing="Fulfillment with id: {id} was not found",
)

router = Router(prefix="/fulfillments", tags=["fulfillments"])


@router.post("", openapi_extra=FULFILLMENT.parameters)
async def create_fulfillment(request: Request, body: CreateFulfillment) -> Response:
    """Create a fulfillment at its provider."""
    check_rows(request, len(body.items), len(body.labels))
    db, providers = database(request), request.app.state.fulfillment_providers
    async with (
        handed_over(db, providers, _wanted(body), order_id=body.order_id) as handed,
        db.write() as tx,
    ):
        fulfillment_id = await write_fulfillment(tx, handed)
        answer = await answer_one(tx, FULFILLMENT, fulfillment_id, request)
    request.app.state.wake_relay()
    return answer


@router.post("/{id}/shipment", openapi_extra=FULFILLMENT.parameters)
async def create_shipment(id: str, request: Request, body: CreateShipment, tx: Write) -> Response:
    """Mark a fulfillment as shipped, with its labels."""
    check_rows(request, len(body.labels))
    labels = [rows.NewLabel(**label.model_dump()) for label in body.labels]
    await rows.ship(tx, id, labels)
    return await answer_one(tx, FULFILLMENT, id, request)


@router.post("/{id}/cancel", openapi_extra=FULFILLMENT.parameters)
async def cancel_fulfillment(id: str, request: Request) -> Response:
    """Cancel a fulfillment that was not shipped; repeating it changes nothing."""
    db = database(request)
    await ask_to_cancel(db, request.app.state.fulfillment_providers, id)
    async with db.write() as tx:
        await rows.cancel(tx, id)
        answer = await answer_one(tx, FULFILLMENT, id, request)
    request.app.state.wake_relay()
    return answer


def _wanted(body: CreateFulfillment) -> rows.NewFulfillment:
    return rows.NewFulfillment(
        body.location_id,
        body.provider_id,
        [rows.NewItem(**item.model_dump()) for item in body.items],
        body.delivery_address.model_dump(),
        [rows.NewLabel(**label.model_dump()) for label in body.labels],
        body.shipping_option_id,
        body.data or {},
        body.metadata,
        packed_at=body.packed_at,
        shipped_at=body.shipped_at,
        delivered_at=body.delivered_at,
        canceled_at=body.canceled_at,
    )
