"""Explains why the promotions of a cart apply or not."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.workflows.selling.carts.load import load_cart
from merx.workflows.selling.carts.refresh import promotion_facts
from merx.workflows.selling.evaluation import Evaluation, explained
from merx.workflows.selling.promotions import check_codes, load_promotions


async def explain_promotions(tx: Transaction, cart_id: str, codes: Sequence[str]) -> Evaluation:
    """The effect of the cart's promotions, of automatic ones and of those with the codes.

    Shoppers are not told what rules compare with, such as the ids of customer groups.
    """
    draft = await load_cart(tx, cart_id)
    offers = await load_promotions(
        tx, promotion_facts(draft), codes=codes, promotion_ids=draft.promotion_ids
    )
    check_codes(offers, codes)
    return explained(offers, shows_values=False)
