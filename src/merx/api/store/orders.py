"""/store/orders: a customer's orders, and transfers to another customer."""

from fastapi import Request, Response

from merx.access.customer import CUSTOMER_DOOR, Customer
from merx.api.store.order_fields import ALLOWED, LIST, LIST_ALLOWED, WHOLE
from merx.modules.order.order_schemas import StoreTransfer, TransferToken
from merx.query.conditions import Compare, Every
from merx.web.filters import texts
from merx.web.reads import answer_one, answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.orders.transfers import (
    Transfer,
    accept_transfer,
    cancel_transfer,
    decline_transfer,
    request_transfer,
)

_UNKNOWN = "Order id not found: {id}"
ORDERS = Resource(
    "order",
    "order",
    "orders",
    LIST,
    {"id": texts("id"), "status": texts("status")},
    limit=50,
    searchable=False,
    allowed=LIST_ALLOWED,
    also=(
        "status",
        "version",
        "items.*",
        "items.tax_lines.*",
        "items.adjustments.*",
        "items.detail.*",
        "payment_status",
        "fulfillment_status",
    ),
)
ORDER = Resource(
    "order",
    "order",
    "orders",
    WHOLE,
    missing=_UNKNOWN,
    searchable=False,
    allowed=ALLOWED,
    also=(
        "status",
        "version",
        "payment_collections.*",
        "fulfillments.*",
        "payment_status",
        "fulfillment_status",
    ),
)

# Reading an order by its id, and accepting or declining a transfer by its token, is open to guests.
open_router = Router(prefix="/orders", tags=["store orders"])
router = Router(prefix="/orders", tags=["store orders"], door=CUSTOMER_DOOR)
_NO_DRAFT = Compare(("is_draft_order",), "=", False)


@router.get("", openapi_extra=ORDERS.page_parameters)
async def list_my_orders(request: Request, customer: Customer, tx: Read) -> Response:
    """List the calling customer's orders."""
    mine = Every((Compare(("customer_id",), "=", customer.id), _NO_DRAFT))
    return await answer_page(tx, ORDERS, request, mine)


@open_router.get("/{id}", openapi_extra=ORDER.parameters)
async def get_store_order(id: str, request: Request, tx: Read) -> Response:
    """Get an order; its id is enough."""
    return await answer_one(tx, ORDER, id, request)


@router.post("/{id}/transfer/request", openapi_extra=ORDER.parameters)
async def request_store_transfer(
    id: str, request: Request, body: StoreTransfer, customer: Customer, tx: Write
) -> Response:
    """Request the transfer of an order to the calling customer, from whoever placed it."""
    wanted = Transfer(customer.id, body.description, update_email=bool(body.update_order_email))
    await request_transfer(tx, id, wanted)
    return await answer_one(tx, ORDER, id, request)


@router.post("/{id}/transfer/cancel", openapi_extra=ORDER.parameters)
async def cancel_store_transfer(
    id: str, request: Request, customer: Customer, tx: Write
) -> Response:
    """Cancel the request."""
    await cancel_transfer(tx, id, customer_id=customer.id)
    return await answer_one(tx, ORDER, id, request)


@open_router.post("/{id}/transfer/accept", openapi_extra=ORDER.parameters)
async def accept_store_transfer(
    id: str, request: Request, body: TransferToken, tx: Write
) -> Response:
    """Accept the transfer."""
    await accept_transfer(tx, id, body.token)
    return await answer_one(tx, ORDER, id, request)


@open_router.post("/{id}/transfer/decline", openapi_extra=ORDER.parameters)
async def decline_store_transfer(
    id: str, request: Request, body: TransferToken, tx: Write
) -> Response:
    """Decline the transfer."""
    await decline_transfer(tx, id, body.token)
    return await answer_one(tx, ORDER, id, request)
