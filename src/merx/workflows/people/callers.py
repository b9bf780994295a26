"""Whether a token's actor is still valid: one statement per request.

A token describes the moment it was issued. Since then the actor may have been deleted, or the
password changed because it had leaked.
"""

from datetime import datetime

from merx.core.database import Transaction

_SAME_CREDENTIALS = """NOT EXISTS (
    SELECT FROM auth_identity i WHERE i.id = $2 AND i.credentials_changed_at >= $3)"""


async def is_user_still(
    tx: Transaction, user_id: str, identity_id: str, issued_at: datetime
) -> bool:
    """Whether a token issued at this time is still valid for the user."""
    found = await tx.fetchval(
        f'SELECT true FROM "user" WHERE id = $1 AND deleted_at IS NULL AND {_SAME_CREDENTIALS}',
        user_id,
        identity_id,
        issued_at,
    )
    return bool(found)


async def is_customer_still(
    tx: Transaction, customer_id: str, identity_id: str, issued_at: datetime
) -> bool:
    """Whether a token issued at this time is still valid for the customer, who has an account."""
    found = await tx.fetchval(
        "SELECT true FROM customer WHERE id = $1 AND has_account AND deleted_at IS NULL"
        f" AND {_SAME_CREDENTIALS}",
        customer_id,
        identity_id,
        issued_at,
    )
    return bool(found)
