"""/admin/customers/{id}/addresses: the addresses of one customer."""

from fastapi import Request, Response

from merx.api.admin.customers.resources import ADDRESS, CUSTOMER
from merx.modules.customer.addresses import add_address, delete_addresses, update_address
from merx.modules.customer.schemas import AddressInput
from merx.query.conditions import Compare
from merx.web.queries import read_query
from merx.web.reads import answer_one, answer_page, find_one, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write

router = Router(prefix="/customers/{id}/addresses", tags=["customer addresses"])


def _of(customer_id: str) -> Compare:
    return Compare(("customer_id",), "=", customer_id)


@router.get("", openapi_extra=ADDRESS.page_parameters)
async def list_addresses(id: str, request: Request, tx: Read) -> Response:
    """List the customer's addresses."""
    return await answer_page(tx, ADDRESS, request, _of(id))


@router.get("/{address_id}", openapi_extra=ADDRESS.parameters)
async def get_address(id: str, address_id: str, request: Request, tx: Read) -> Response:
    """Get an address of the customer."""
    return await answer_one(tx, ADDRESS, address_id, request, _of(id))


@router.post("", openapi_extra=CUSTOMER.parameters)
async def create_address(id: str, request: Request, body: AddressInput, tx: Write) -> Response:
    """Add an address; answers with the customer."""
    await add_address(tx, id, body)
    return await answer_one(tx, CUSTOMER, id, request)


@router.post("/{address_id}", openapi_extra=CUSTOMER.parameters)
async def update_one_address(
    id: str, address_id: str, request: Request, body: AddressInput, tx: Write
) -> Response:
    """Change an address; answers with the customer."""
    await update_address(tx, id, address_id, body)
    return await answer_one(tx, CUSTOMER, id, request)


@router.delete("/{address_id}", openapi_extra=ADDRESS.deletion_from(CUSTOMER))
async def delete_address(id: str, address_id: str, request: Request, tx: Write) -> Response:
    """Delete an address; deleting an id that does not exist succeeds."""
    query = read_query(request, CUSTOMER)
    await delete_addresses(tx, id, [address_id])
    parent = await find_one(tx, CUSTOMER, id, query)
    return wrap(**ADDRESS.deleted(address_id), parent=parent)
