"""/store/payment-collections: the amounts due for carts, and their payment."""

from fastapi import Request, Response

from merx.access.customer import find_customer
from merx.modules.payment.schemas import CreateCartCollection, CreateSession
from merx.web.queries import read_query
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.tills import Tills, answer_moved
from merx.web.transactions import Write
from merx.workflows.selling.cart_payments import begin_to_pay, owe_for_cart

_SESSION = ("id", "amount", "currency_code", "provider_id", "data", "status")

COLLECTION = Resource(
    "payment_collection",
    "payment_collection",
    "payment_collections",
    "id, currency_code, amount, *payment_sessions",
    missing="PaymentCollection id not found: {id}",
    allowed=(
        "id",
        "currency_code",
        "amount",
        "payment_sessions",
        "status",
        "payment_providers",
        "payment_providers.id",
        *(f"payment_sessions.{name}" for name in _SESSION),
    ),
)

router = Router(prefix="/payment-collections", tags=["store payment collections"])


@router.post("", openapi_extra=COLLECTION.parameters)
async def create_collection_of_cart(
    request: Request, body: CreateCartCollection, tx: Write
) -> Response:
    """Create the payment collection of a cart; a cart has one, however often it is requested."""
    collection_id = await owe_for_cart(tx, body.cart_id)
    return await answer_one(tx, COLLECTION, collection_id, request)


@router.post("/{id}/payment-sessions", openapi_extra=COLLECTION.parameters)
async def create_session_of_cart(
    id: str, request: Request, body: CreateSession, till: Tills
) -> Response:
    """Start to pay with a provider of the cart's region, replacing any other session."""
    customer_id = await find_customer(request)
    query = read_query(request, COLLECTION)
    await begin_to_pay(till, id, body.provider_id, body.data, customer_id=customer_id)
    return await answer_moved(till, COLLECTION, id, query)
