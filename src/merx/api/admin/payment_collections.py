"""/admin/payment-collections: amounts due for orders."""

from fastapi import Request, Response

from merx.modules.payment.schemas import CreateCollection, CreateSession, MarkAsPaid
from merx.web.queries import read_query
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.tills import Tills, answer_moved
from merx.web.transactions import Write
from merx.workflows.orders.payment_collections import owe_for_order
from merx.workflows.selling.cart_payments import begin_to_pay
from merx.workflows.selling.payment_collections import delete_collection, mark_as_paid

COLLECTION = Resource(
    "payment_collection",
    "payment_collection",
    "payment_collections",
    "id, currency_code, amount, status, authorized_amount, captured_amount, refunded_amount,"
    " *payment_sessions, *payments",
    object="payment-collection",
    missing="PaymentCollection id not found: {id}",
)

router = Router(prefix="/payment-collections", tags=["payment collections"])


@router.post("", openapi_extra=COLLECTION.parameters)
async def create_collection(request: Request, body: CreateCollection, tx: Write) -> Response:
    """Create a collection of an amount due for an order."""
    collection_id = await owe_for_order(tx, body.order_id, body.amount)
    return await answer_one(tx, COLLECTION, collection_id, request)


@router.delete("/{id}", openapi_extra=COLLECTION.deletion)
async def delete_one_collection(id: str, tx: Write) -> dict[str, object]:
    """Delete a collection without payments."""
    await delete_collection(tx, id)
    return COLLECTION.deleted(id)


@router.post("/{id}/mark-as-paid", openapi_extra=COLLECTION.parameters)
async def mark_collection_as_paid(
    id: str, request: Request, body: MarkAsPaid, till: Tills
) -> Response:
    """Mark the amount due as paid outside the shop."""
    query = read_query(request, COLLECTION)
    await mark_as_paid(till, id, body.order_id, body.provider_id)
    return await answer_moved(till, COLLECTION, id, query)


@router.post("/{id}/payment-sessions", openapi_extra=COLLECTION.parameters)
async def create_session_of_collection(
    id: str, request: Request, body: CreateSession, till: Tills
) -> Response:
    """Start to pay the amount due with a provider."""
    query = read_query(request, COLLECTION)
    await begin_to_pay(till, id, body.provider_id, body.data)
    return await answer_moved(till, COLLECTION, id, query)
