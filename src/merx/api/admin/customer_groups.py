"""/admin/customer-groups: customers with common prices and promotions."""

from fastapi import Request, Response

from merx.modules.customer.groups import (
    change_customers,
    create_customer_groups,
    delete_customer_groups,
)
from merx.modules.customer.models import CustomerGroup
from merx.modules.customer.schemas import CreateCustomerGroup, UpdateCustomerGroup
from merx.web.bodies import check_rows
from merx.web.crud import Members, Writes, plain_router
from merx.web.filters import Nested, texts, times, words
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write

_TIMES = {name: times(name) for name in ("created_at", "updated_at", "deleted_at")}
_CUSTOMER = {
    "id": texts("id"),
    "email": words("email"),
    "default_billing_address_id": texts("default_billing_address_id"),
    "default_shipping_address_id": texts("default_shipping_address_id"),
    "company_name": texts("company_name"),
    "first_name": texts("first_name"),
    "last_name": texts("last_name"),
    "created_by": texts("created_by"),
    **_TIMES,
}

CUSTOMER_GROUP = Resource(
    "customer_group",
    "customer_group",
    "customer_groups",
    "id, name, created_by, created_at, updated_at, deleted_at, metadata",
    {
        "id": texts("id"),
        "name": texts("name"),
        "customers": Nested("customers", _CUSTOMER, plain=texts("customers.id")),
        "created_by": texts("created_by"),
        **_TIMES,
    },
    limit=50,
    missing="Customer group with id: {id} not found",
)

router = plain_router(
    "/customer-groups",
    CUSTOMER_GROUP,
    Writes(
        CustomerGroup.__table__,
        "cusgroup",
        update=UpdateCustomerGroup,
        unknown='Customer group with id "{id}" not found',
    ),
)


@router.post("", openapi_extra=CUSTOMER_GROUP.parameters)
async def create_customer_group(request: Request, body: CreateCustomerGroup, tx: Write) -> Response:
    """Create a customer group."""
    [group_id] = await create_customer_groups(tx, [body])
    return await answer_one(tx, CUSTOMER_GROUP, group_id, request)


@router.delete("/{id}", openapi_extra=CUSTOMER_GROUP.deletion)
async def delete_customer_group(id: str, tx: Write) -> dict[str, object]:
    """Delete a group; deleting an id that does not exist succeeds."""
    await delete_customer_groups(tx, [id])
    return CUSTOMER_GROUP.deleted(id)


@router.post("/{id}/customers", openapi_extra=CUSTOMER_GROUP.parameters)
async def change_customers_of_group(
    id: str, request: Request, body: Members, tx: Write
) -> Response:
    """Add customers to the group and remove them."""
    check_rows(request, len(body.add), len(body.remove))
    await change_customers(tx, id, add=body.add, remove=body.remove)
    return await answer_one(tx, CUSTOMER_GROUP, id, request)
