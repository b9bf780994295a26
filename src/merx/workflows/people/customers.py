"""Creates, changes and deletes customers, with their log-ins and other data."""

from collections.abc import Sequence
from typing import Any

from merx.batch import (
    Insert,
    delete_rows,
    insert_all,
    insert_rows,
    lock_rows,
    patch_row,
    soft_delete_rows,
)
from merx.batch.members import change_members
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import Duplicate, InvalidData, NotFound
from merx.core.hooks import changes, run_hooks, without_bodies, without_ids
from merx.core.ids import new_id, new_ids
from merx.modules.auth.actors import make_actor_of, take_actors_away
from merx.modules.customer.graph import GROUPS
from merx.modules.customer.hooks import CUSTOMERS
from merx.modules.customer.models import Customer, CustomerAddress, CustomerGroupCustomer
from merx.modules.customer.schemas import (
    CreateCustomer,
    RegisterCustomer,
    UpdateCustomer,
    UpdateMe,
)
from merx.outbox import emit, emit_all

_CUSTOMERS = Customer.__table__


async def create_customers(tx: Transaction, drafts: Sequence[CreateCustomer]) -> list[str]:
    """Create customers without an account; returns their ids in the order of the drafts."""
    await run_hooks(tx, CUSTOMERS.creating, without_ids(drafts))
    ids = new_ids("cus", len(drafts))
    rows = [
        {
            "id": customer_id,
            **draft.model_dump(exclude={"additional_data"}),
            "created_by": acting.get(),
        }
        for customer_id, draft in zip(ids, drafts, strict=True)
    ]
    await insert_rows(tx, _CUSTOMERS, rows)
    await emit(tx, "customer.created", ids)
    await run_hooks(tx, CUSTOMERS.created, changes(ids, drafts))
    return ids


async def register_customer(tx: Transaction, identity_id: str, draft: RegisterCustomer) -> str:
    """Create a customer with an account for an identity that has none; returns the customer's id.

    A guest with the same e-mail stays separate: typing an e-mail proves nothing. Of two concurrent
    registrations with one e-mail or one identity, the second is refused.
    """
    if draft.email is None:
        raise InvalidData("Email is required to create a customer")
    await run_hooks(tx, CUSTOMERS.creating, without_ids([draft]))
    customer_id = new_id("cus")
    row: dict[str, Any] = {"id": customer_id, **draft.model_dump(), "has_account": True}
    [created] = await insert_all(tx, Insert(_CUSTOMERS, [row], skip_conflicts=True, returning="id"))
    if not created:
        raise Duplicate(
            "Customer with this email already has an account", code="invalid_request_error"
        )
    if not await make_actor_of(tx, identity_id, "customer", customer_id):
        raise InvalidData("Request already authenticated as a customer.")
    await emit(tx, "customer.created", [customer_id])
    await run_hooks(tx, CUSTOMERS.created, changes([customer_id], [draft]))
    return customer_id


async def update_customer(
    tx: Transaction, customer_id: str, patch: UpdateCustomer | UpdateMe
) -> None:
    """Change a customer; changing the e-mail of an account does not change its log-in."""
    change = changes([customer_id], [patch])
    await run_hooks(tx, CUSTOMERS.updating, change)
    columns = patch.model_dump(exclude_unset=True, exclude={"additional_data"})
    if not await patch_row(tx, _CUSTOMERS, customer_id, columns):
        raise NotFound(f'Customer with id "{customer_id}" not found')
    await emit(tx, "customer.updated", [customer_id])
    await run_hooks(tx, CUSTOMERS.updated, change)


async def delete_customers(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete the customers among the ids with their addresses and memberships, and end their
    log-ins.
    """
    found: list[str] = [record["id"] for record in await lock_rows(tx, _CUSTOMERS, ids)]
    if not found:
        return
    rows = without_bodies(found)
    await run_hooks(tx, CUSTOMERS.deleting, rows)
    await delete_rows(tx, CustomerGroupCustomer.__table__, "customer_id", found)
    gone = await soft_delete_rows(tx, CustomerAddress.__table__, found, by="customer_id")
    await soft_delete_rows(tx, _CUSTOMERS, found)
    await take_actors_away(tx, "customer", found)
    await emit_all(tx, {"customer.deleted": found, "customer-address.deleted": sorted(gone)})
    await run_hooks(tx, CUSTOMERS.deleted, rows)


async def change_groups(
    tx: Transaction, customer_id: str, *, add: Sequence[str], remove: Sequence[str]
) -> None:
    """Remove a customer from groups, then add it to groups."""
    unknown = NotFound(
        f"You tried to set relationship customer_id: {customer_id}, but such entity does not exist"
    )
    changed = await change_members(tx, GROUPS, customer_id, add=add, remove=remove, unknown=unknown)
    await emit_all(tx, {"customer.updated": [customer_id], "customer-group.updated": changed})
