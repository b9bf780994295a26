"""The requirements for turning a cart into an order, checked in the reference's order."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.modules.payment.amounts import rounded
from merx.workflows.selling.carts.draft import Draft
from merx.workflows.selling.carts.pricing import find_facts

# A declined session can be tried again: with Stripe, the buyer uses another card.
_SESSION = """
SELECT c.id AS collection_id, (
  SELECT s.id FROM payment_session s WHERE s.payment_collection_id = c.id
    AND s.deleted_at IS NULL AND s.status <> 'canceled'
    AND (s.amount, s.currency_code) = ($2, $3)
    AND NOT EXISTS (SELECT FROM payment p WHERE p.payment_session_id = s.id
      AND (p.is_canceling OR p.canceled_at IS NOT NULL))
  ORDER BY s.id DESC LIMIT 1) AS session_id
FROM cart_payment_collection l
JOIN payment_collection c ON c.id = l.payment_collection_id AND c.deleted_at IS NULL
WHERE l.cart_id = $1"""

_PROFILES = """
SELECT given.product_id, s.shipping_profile_id FROM unnest($1::text[]) AS given(product_id)
LEFT JOIN product_shipping_profile s ON s.product_id = given.product_id"""


@dataclass(frozen=True, slots=True)
class Due:
    """The amount due for a cart and the session that pays it; no session if nothing is due."""

    amount: Decimal
    session_id: str | None


async def check_payment(tx: Transaction, draft: Draft) -> Due:
    """The session that pays the cart's total, rounded to its currency."""
    amount = rounded(draft.total, draft.digits)
    if amount <= 0:
        return Due(Decimal(0), None)
    record: Any = await tx.fetchrow(_SESSION, draft.id, amount, draft.currency_code)
    if record is None:
        raise InvalidData("Payment collection has not been initiated for cart")
    if record["session_id"] is None:
        raise InvalidData("Payment sessions are required to complete cart")
    return Due(amount, record["session_id"])


async def check_goods(tx: Transaction, draft: Draft) -> None:
    """Check that there are items, all can be bought here, and the methods can ship them."""
    if not draft.lines:
        raise InvalidData("Cannot complete a cart with no items")
    await find_facts(tx, draft)
    await _check_shipping(tx, draft)
    _check_for_sale(draft)


async def _check_shipping(tx: Transaction, draft: Draft) -> None:
    shipped = [line for line in draft.lines if line.requires_shipping]
    if not shipped:
        return
    if not draft.ways:
        raise InvalidData(
            "No shipping method selected but the cart contains items that require shipping."
        )
    needed = {line.facts.shipping_profile_id for line in shipped if line.facts}
    # If a variant is gone, its product may still have a shipping profile.
    gone = [line.product_id for line in shipped if line.facts is None]
    if gone:
        needed |= await _profiles(tx, gone)
    if not needed - {None} <= {way.shipping_profile_id for way in draft.ways}:
        raise InvalidData(
            "The cart items require shipping profiles that are not satisfied by the current"
            " shipping methods"
        )


async def _profiles(tx: Transaction, product_ids: Sequence[str | None]) -> set[str | None]:
    known = sorted({one for one in product_ids if one is not None})
    records = await tx.fetch(_PROFILES, known)
    return {record["shipping_profile_id"] for record in records}


def _check_for_sale(draft: Draft) -> None:
    """The reference sells unpublished products and fails on deleted ones: here neither is sold, nor
    an item that no location of the channel has ever stocked.
    """
    unknown = [
        line.variant_id
        for line in draft.lines
        if line.variant_id is not None and not (line.facts and line.facts.is_published)
    ]
    if unknown:
        raise InvalidData(
            f"Variants {', '.join(dict.fromkeys(unknown))} do not exist or belong to a product"
            " that is not published"
        )
    for line in draft.lines:
        facts = line.facts
        if facts is None or not facts.manages_inventory:
            continue
        if any(need.available is None for need in facts.stock):
            raise InvalidData(
                f"Sales channel {draft.sales_channel_id} is not associated with any stock"
                f" location for variant {line.variant_id}."
            )
