"""/store/customers/me/addresses: the addresses of the calling customer.

An address of another customer counts as missing.
"""

from fastapi import Request, Response

from merx.access.admin import Actor
from merx.access.customer import CUSTOMER_DOOR, Customer
from merx.api.store.customers.resources import ADDRESS, CUSTOMER
from merx.modules.customer.addresses import add_address, delete_addresses, update_address
from merx.modules.customer.schemas import OwnAddress
from merx.query.conditions import Compare
from merx.web.queries import read_query
from merx.web.reads import answer_one, answer_page, find_one, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write

router = Router(
    prefix="/customers/me/addresses",
    tags=["store customers"],
    door=CUSTOMER_DOOR,
)


def _of(customer: Actor) -> Compare:
    return Compare(("customer_id",), "=", customer.id)


@router.get("", openapi_extra=ADDRESS.page_parameters)
async def list_my_addresses(request: Request, customer: Customer, tx: Read) -> Response:
    """List the customer's addresses."""
    return await answer_page(tx, ADDRESS, request, _of(customer))


@router.get("/{address_id}", openapi_extra=ADDRESS.parameters)
async def get_my_address(
    address_id: str, request: Request, customer: Customer, tx: Read
) -> Response:
    """Get an address of the customer."""
    return await answer_one(tx, ADDRESS, address_id, request, _of(customer))


@router.post("", openapi_extra=CUSTOMER.parameters)
async def create_my_address(
    request: Request, body: OwnAddress, customer: Customer, tx: Write
) -> Response:
    """Add an address; answers with the customer."""
    await add_address(tx, customer.id, body)
    return await answer_one(tx, CUSTOMER, customer.id, request)


@router.post("/{address_id}", openapi_extra=CUSTOMER.parameters)
async def update_my_address(
    address_id: str, request: Request, body: OwnAddress, customer: Customer, tx: Write
) -> Response:
    """Change an address; answers with the customer."""
    await update_address(tx, customer.id, address_id, body)
    return await answer_one(tx, CUSTOMER, customer.id, request)


@router.delete("/{address_id}", openapi_extra=ADDRESS.deletion_from(CUSTOMER))
async def delete_my_address(
    address_id: str, request: Request, customer: Customer, tx: Write
) -> Response:
    """Delete an address; answers with the customer and, as on the reference, its id."""
    query = read_query(request, CUSTOMER)
    if not await delete_addresses(tx, customer.id, [address_id]):
        raise ADDRESS.not_found(address_id)
    parent = await find_one(tx, CUSTOMER, customer.id, query)
    return wrap(**ADDRESS.deleted(customer.id), parent=parent)
