"""/admin/customers: customers, their groups, and merging guests into a customer."""

from fastapi import Request, Response

from merx.api.admin.customers.resources import CUSTOMER
from merx.modules.customer.merge import merge_customers
from merx.modules.customer.schemas import CreateCustomer, MergeCustomers, UpdateCustomer
from merx.web.bodies import check_rows
from merx.web.crud import Members, plain_router
from merx.web.reads import answer_one
from merx.web.transactions import Write
from merx.workflows.people.customers import (
    change_groups,
    create_customers,
    delete_customers,
    update_customer,
)

router = plain_router("/customers", CUSTOMER)


@router.post("", openapi_extra=CUSTOMER.parameters)
async def create_customer(request: Request, body: CreateCustomer, tx: Write) -> Response:
    """Create a customer without an account."""
    [customer_id] = await create_customers(tx, [body])
    return await answer_one(tx, CUSTOMER, customer_id, request)


@router.post("/{id}", openapi_extra=CUSTOMER.parameters)
async def update_one_customer(
    id: str, request: Request, body: UpdateCustomer, tx: Write
) -> Response:
    """Change a customer."""
    await update_customer(tx, id, body)
    return await answer_one(tx, CUSTOMER, id, request)


@router.delete("/{id}", openapi_extra=CUSTOMER.deletion)
async def delete_customer(id: str, tx: Write) -> dict[str, object]:
    """Delete a customer, which ends its log-in at once; deleting an id that does not exist
    succeeds.
    """
    await delete_customers(tx, [id])
    return CUSTOMER.deleted(id)


@router.post("/{id}/customer-groups", openapi_extra=CUSTOMER.parameters)
async def change_groups_of_customer(
    id: str, request: Request, body: Members, tx: Write
) -> Response:
    """Remove the customer from groups and add it to others."""
    check_rows(request, len(body.add), len(body.remove))
    await change_groups(tx, id, add=body.add, remove=body.remove)
    return await answer_one(tx, CUSTOMER, id, request)


@router.post("/{id}/merge", openapi_extra=CUSTOMER.parameters)
async def merge_into_customer(
    id: str, request: Request, body: MergeCustomers, tx: Write
) -> Response:
    """Merge guests who are the same person into the customer, and delete them."""
    check_rows(request, len(body.customer_ids))
    await merge_customers(tx, id, body.customer_ids, unknown=CUSTOMER.not_found)
    return await answer_one(tx, CUSTOMER, id, request)
