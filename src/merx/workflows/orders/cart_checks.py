"""The requirements for turning a cart into an order, checked in the reference's order."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.modules.payment.amounts import rounded
from merx.modules.payment.collections import is_live
from merx.modules.payment.sessions import Session, lock_due_session
from merx.workflows.selling.carts.draft import Draft
from merx.workflows.selling.carts.pricing import find_facts

_PROFILES = """
SELECT given.product_id, s.shipping_profile_id FROM unnest($1::text[]) AS given(product_id)
LEFT JOIN product_shipping_profile s ON s.product_id = given.product_id"""


async def check_payment(tx: Transaction, draft: Draft) -> Session | None:
    """The session that pays the cart's total, rounded to its currency, locked; None if nothing is
    due.
    """
    amount = rounded(draft.total, draft.digits)
    if amount <= 0:
        return None
    owed = draft.collection_id
    session = owed and await lock_due_session(tx, owed, amount, draft.currency_code)
    if session:
        return session
    if owed is None or not await is_live(tx, owed):
        raise InvalidData("Payment collection has not been initiated for cart")
    raise InvalidData("Payment sessions are required to complete cart")


async def check_goods(tx: Transaction, draft: Draft) -> None:
    """Check that there are items, all can be bought here, and the methods can ship them."""
    if not draft.lines:
        raise InvalidData("Cannot complete a cart with no items")
    await find_facts(tx, draft, is_priced=False)
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
