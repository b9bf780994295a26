"""/store/customers/me: the calling customer's own data."""

from fastapi import Request, Response

from merx.access.customer import CUSTOMER_DOOR, Customer
from merx.api.store.customers.resources import CUSTOMER
from merx.modules.customer.schemas import UpdateMe
from merx.web.reads import answer_one
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.people.customers import update_customer

router = Router(
    prefix="/customers/me",
    tags=["store customers"],
    door=CUSTOMER_DOOR,
)


@router.get("", openapi_extra=CUSTOMER.parameters)
async def get_me(request: Request, customer: Customer, tx: Read) -> Response:
    """Get the calling customer."""
    return await answer_one(tx, CUSTOMER, customer.id, request)


@router.post("", openapi_extra=CUSTOMER.parameters)
async def update_me(request: Request, body: UpdateMe, customer: Customer, tx: Write) -> Response:
    """Change the calling customer, except for the e-mail."""
    await update_customer(tx, customer.id, body)
    return await answer_one(tx, CUSTOMER, customer.id, request)
