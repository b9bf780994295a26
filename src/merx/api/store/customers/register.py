"""/store/customers: a log-in registers as a customer."""

from fastapi import Request, Response

from merx.access.customer import NEWCOMER_DOOR, Newcomer
from merx.api.store.customers.resources import CUSTOMER
from merx.modules.customer.schemas import RegisterCustomer
from merx.web.reads import answer_one
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.people.customers import register_customer

router = Router(prefix="/customers", tags=["store customers"], door=NEWCOMER_DOOR)


@router.post("", openapi_extra=CUSTOMER.parameters)
async def register(
    request: Request, body: RegisterCustomer, identity_id: Newcomer, tx: Write
) -> Response:
    """Create a customer with an account for the calling log-in.

    The next log-in returns a token for the customer.
    """
    customer_id = await register_customer(tx, identity_id, body)
    return await answer_one(tx, CUSTOMER, customer_id, request)
