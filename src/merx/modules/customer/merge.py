"""Merges guests who are the same person into a customer.

Nothing here requires e-mails to be equal, and nothing merges because they are: typing an e-mail
does not prove that it is one's own (docs/reference/customers.md).
"""

from collections.abc import Callable, Sequence
from typing import Any

from merx.batch import delete_rows, lock_rows, soft_delete_rows
from merx.batch.members import add_members
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound, refuse_named
from merx.modules.customer.graph import GROUPS
from merx.modules.customer.models import Customer, CustomerGroup, CustomerGroupCustomer
from merx.outbox import emit_all

_GROUPS = CustomerGroup.__table__
_MEMBERSHIPS = CustomerGroupCustomer.__table__

_MOVE_ADDRESSES = """
UPDATE customer_address SET customer_id = $1, is_default_shipping = false,
  is_default_billing = false, updated_at = now()
WHERE customer_id = ANY($2::text[]) AND deleted_at IS NULL RETURNING id"""


async def merge_customers(
    tx: Transaction,
    customer_id: str,
    guest_ids: Sequence[str],
    *,
    unknown: Callable[[str], NotFound],
) -> None:
    """Move the guests' addresses and memberships to the customer and delete the guests.

    The customer's own details and default addresses stay. Raises `unknown` for a missing customer,
    and NotFound or NotAllowed naming each id that is not a guest: a customer with an account keeps
    it, since somebody logs in with it.
    """
    guests = list(dict.fromkeys(guest_ids))
    if customer_id in guests:
        raise InvalidData("A customer cannot be merged into itself")
    records = await lock_rows(tx, Customer.__table__, [customer_id, *guests], "has_account")
    present: dict[str, bool] = {record["id"]: record["has_account"] for record in records}
    if customer_id not in present:
        raise unknown(customer_id)
    _check_guests(guest_ids, present)
    moved = [record["id"] for record in await tx.fetch(_MOVE_ADDRESSES, customer_id, guests)]
    joined = await _move_memberships(tx, customer_id, guests)
    await soft_delete_rows(tx, Customer.__table__, guests)
    events = {
        "customer-address.updated": sorted(moved),
        "customer-group.updated": joined,
        "customer.updated": [customer_id],
        "customer.deleted": guests,
    }
    await emit_all(tx, events)


def _check_guests(guests: Sequence[str], present: dict[str, bool]) -> None:
    paths = [(one, f"customer_ids[{place}]") for place, one in enumerate(guests)]
    missing = [(one, path) for one, path in paths if one not in present]
    refuse_named(missing, "Customers were not found: {}")
    accounts = [(one, path) for one, path in paths if present[one]]
    refuse_named(
        accounts, "Customers with an account cannot be merged into another: {}", NotAllowed
    )


async def _move_memberships(tx: Transaction, customer_id: str, guests: Sequence[str]) -> list[str]:
    """Add the customer to the guests' groups; returns the groups it joined.

    Groups are locked before memberships, as in the deletion of groups.
    """
    records: list[Any] = await tx.fetch(
        "SELECT DISTINCT customer_group_id FROM customer_group_customer"
        " WHERE customer_id = ANY($1::text[])",
        guests,
    )
    ids = [record["customer_group_id"] for record in records]
    groups = [record["id"] for record in await lock_rows(tx, _GROUPS, ids, shared=True)]
    joined = await add_members(tx, GROUPS, customer_id, groups)
    await delete_rows(tx, _MEMBERSHIPS, "customer_id", guests)
    return joined
