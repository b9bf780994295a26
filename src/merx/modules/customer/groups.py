"""Creates and deletes customer groups, and changes their members."""

from collections.abc import Sequence

from merx.batch import insert_rows
from merx.batch.members import change_members, delete_groups
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.ids import new_id
from merx.modules.customer.graph import GROUPS
from merx.modules.customer.models import CustomerGroup
from merx.modules.customer.schemas import CreateCustomerGroup
from merx.outbox import emit, emit_all


async def create_customer_groups(
    tx: Transaction, drafts: Sequence[CreateCustomerGroup]
) -> list[str]:
    """Create groups; returns their ids in the order of the drafts."""
    ids = [new_id("cusgroup") for _ in drafts]
    rows = [
        {"id": group_id, **draft.model_dump(), "created_by": acting.get()}
        for group_id, draft in zip(ids, drafts, strict=True)
    ]
    await insert_rows(tx, CustomerGroup.__table__, rows)
    await emit(tx, "customer-group.created", ids)
    return ids


async def change_customers(
    tx: Transaction, group_id: str, *, add: Sequence[str], remove: Sequence[str]
) -> None:
    """Add customers to a group and remove them from it."""
    unknown = NotFound(
        f"You tried to set relationship customer_group_id: {group_id},"
        " but such entity does not exist"
    )
    customers = await change_members(
        tx, GROUPS.back, group_id, add=add, remove=remove, unknown=unknown
    )
    await emit_all(tx, {"customer-group.updated": [group_id], "customer.updated": customers})


async def delete_customer_groups(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete the groups among the ids, with their memberships."""
    await emit(tx, "customer-group.deleted", await delete_groups(tx, GROUPS.back, ids))
