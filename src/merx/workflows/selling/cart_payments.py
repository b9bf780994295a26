"""The amount due for a cart, and the start of its payment."""

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.shapes import Document
from merx.modules.payment.till import Till
from merx.workflows.selling.account_holders import find_buyer
from merx.workflows.selling.payment_collections import cart_collection
from merx.workflows.selling.payment_sessions import create_session

_REGION = """SELECT c.region_id, EXISTS (SELECT FROM region_payment_provider r
    WHERE r.region_id = c.region_id AND r.payment_provider_id = $2) AS is_enabled
FROM cart_payment_collection l JOIN cart c ON c.id = l.cart_id
WHERE l.payment_collection_id = $1"""


async def owe_for_cart(tx: Transaction, cart_id: str) -> str:
    """The collection of the cart's total: the existing one, or a new one."""
    collection_id = await cart_collection(tx, cart_id)
    if collection_id is None:
        raise NotFound(f"Cart id not found: {cart_id}")
    return collection_id


async def begin_to_pay(
    till: Till,
    collection_id: str,
    provider_id: str,
    data: Document | None = None,
    *,
    customer_id: str | None = None,
) -> str:
    """Create a session of a collection with a provider of the cart's region; returns its id.

    A logged-in customer pays with the account at the provider.
    """
    async with till.database.read() as tx:
        row = await tx.fetchrow(_REGION, collection_id, provider_id)
    if row is not None and not row["is_enabled"]:
        raise InvalidData(
            f"Payment provider {provider_id} is not enabled in the cart's region"
            f" {row['region_id']}."
        )
    provider = till.provider(provider_id)
    buyer = await find_buyer(till, provider, customer_id) if customer_id else None
    return await create_session(till, collection_id, provider_id, data, buyer=buyer)
