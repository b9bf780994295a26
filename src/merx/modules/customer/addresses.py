"""Creates, changes and deletes addresses of a customer; at most one is the default of each kind.

Changes of one customer's addresses are serialised by locking the customer: of two that set a
default concurrently, the later one wins.
"""

from collections.abc import Sequence

from merx.batch import Row, insert_rows, lock_rows, patch_row, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import NotAllowed, NotFound
from merx.core.hooks import changes, run_hooks, without_bodies, without_ids
from merx.core.ids import new_id
from merx.modules.customer.hooks import ADDRESSES
from merx.modules.customer.models import Customer, CustomerAddress
from merx.modules.customer.schemas import AddressInput, OwnAddress
from merx.outbox import emit

_ADDRESSES = CustomerAddress.__table__
_DEFAULTS = ("is_default_shipping", "is_default_billing")

# A customer adds them itself, and reads all of them at once.
MOST_ADDRESSES = 100

_TAKE_TURN_AND_COUNT = """
SELECT (SELECT count(*) FROM customer_address a
        WHERE a.customer_id = c.id AND a.deleted_at IS NULL)
FROM customer c WHERE c.id = $1 AND c.deleted_at IS NULL FOR NO KEY UPDATE"""

_NO_LONGER_DEFAULT = """
UPDATE customer_address SET updated_at = now(),
  is_default_shipping = is_default_shipping AND NOT $3,
  is_default_billing = is_default_billing AND NOT $4
WHERE customer_id = $1 AND id <> $2 AND deleted_at IS NULL
  AND (is_default_shipping AND $3 OR is_default_billing AND $4)"""


async def add_address(
    tx: Transaction,
    customer_id: str,
    draft: AddressInput | OwnAddress,
) -> str:
    """Add an address; returns its id. Refused if the customer does not exist or has too many."""
    present = await tx.fetchval(_TAKE_TURN_AND_COUNT, customer_id)
    if present is None:
        raise NotFound(
            f"You tried to set relationship customer_id: {customer_id},"
            " but such entity does not exist"
        )
    if present >= MOST_ADDRESSES:
        raise NotAllowed(f"A customer can have at most {MOST_ADDRESSES} addresses")
    await run_hooks(tx, ADDRESSES.creating, without_ids([draft]))
    columns = draft.model_dump(exclude={"additional_data"})
    address_id = new_id("cuaddr")
    await _make_room(tx, customer_id, address_id, columns)
    await insert_rows(tx, _ADDRESSES, [{"id": address_id, "customer_id": customer_id, **columns}])
    await emit(tx, "customer-address.created", [address_id])
    await run_hooks(tx, ADDRESSES.created, changes([address_id], [draft]))
    return address_id


async def update_address(
    tx: Transaction,
    customer_id: str,
    address_id: str,
    patch: AddressInput | OwnAddress,
) -> None:
    """Change an address; NotFound if the customer has none with this id."""
    columns = patch.model_dump(exclude_unset=True, exclude={"additional_data"})
    change = changes([address_id], [patch])
    await _take_turn(tx, customer_id)
    await _check_owner(tx, customer_id, address_id)
    await run_hooks(tx, ADDRESSES.updating, change)
    await _make_room(tx, customer_id, address_id, columns)
    await patch_row(tx, _ADDRESSES, address_id, columns)
    await emit(tx, "customer-address.updated", [address_id])
    await run_hooks(tx, ADDRESSES.updated, change)


async def delete_addresses(tx: Transaction, customer_id: str, ids: Sequence[str]) -> list[str]:
    """Delete the addresses among the ids; returns those that existed.

    NotFound for an address of another customer; then none is deleted.
    """
    await _take_turn(tx, customer_id)
    for record in await lock_rows(tx, _ADDRESSES, ids, "customer_id"):
        if record["customer_id"] != customer_id:
            raise not_found(record["id"])
    await run_hooks(tx, ADDRESSES.deleting, without_bodies(ids))
    deleted = await soft_delete_rows(tx, _ADDRESSES, ids)
    await emit(tx, "customer-address.deleted", deleted)
    await run_hooks(tx, ADDRESSES.deleted, without_bodies(deleted))
    return deleted


def not_found(address_id: str) -> NotFound:
    """The error for an address that the customer does not have, even if another customer does."""
    return NotFound(f"Address with id: {address_id} was not found")


async def _take_turn(tx: Transaction, customer_id: str) -> bool:
    return bool(await lock_rows(tx, Customer.__table__, [customer_id], referable=True))


async def _check_owner(tx: Transaction, customer_id: str, address_id: str) -> None:
    records = await lock_rows(tx, _ADDRESSES, [address_id], "customer_id", referable=True)
    if not records or records[0]["customer_id"] != customer_id:
        raise not_found(address_id)


async def _make_room(tx: Transaction, customer_id: str, address_id: str, columns: Row) -> None:
    """Unset the default flags of other addresses that this one is about to take."""
    shipping, billing = (bool(columns.get(name)) for name in _DEFAULTS)
    if shipping or billing:
        await tx.execute(_NO_LONGER_DEFAULT, customer_id, address_id, shipping, billing)
