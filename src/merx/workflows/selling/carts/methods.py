"""Chooses shipping options for a cart."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.workflows.selling.carts.change import Change
from merx.workflows.selling.carts.draft import Draft, Way
from merx.workflows.selling.carts.outside import Answers
from merx.workflows.selling.carts.refresh import shipping_context
from merx.workflows.selling.shipping_options import Choice, PricedMethod, price_methods


def choose_options(choices: Sequence[Choice]) -> Change:
    """Ship by these options; each replaces the method chosen for items of its profile.

    Raises InvalidData for options that are not available for the cart, or have no price in it.
    """

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        context = shipping_context(draft)
        priced = await price_methods(tx, answers.deliveries, context, choices, known=draft.offers)
        methods = priced.checked()
        for choice in choices:
            method = methods[choice.option_id]
            draft.ways = [way for way in draft.ways if not _replaces(method, way)]
            draft.ways.append(_way(method))

    return change


def _replaces(method: PricedMethod, way: Way) -> bool:
    return (
        way.shipping_option_id == method.option_id
        or way.shipping_profile_id == method.shipping_profile_id
    )


def _way(method: PricedMethod) -> Way:
    return Way(
        new_id("casm"),
        method.option_id,
        method.name,
        method.amount,
        method.is_tax_inclusive,
        dict(method.data),
        method.shipping_profile_id,
    )
