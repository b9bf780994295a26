"""What others ask of customers."""

from merx.core.database import Transaction


async def is_live_customer(tx: Transaction, customer_id: str) -> bool:
    """Whether the customer has an account and is not deleted: one look-up by primary key."""
    found = await tx.fetchval(
        "SELECT true FROM customer WHERE id = $1 AND has_account AND deleted_at IS NULL",
        customer_id,
    )
    return bool(found)
