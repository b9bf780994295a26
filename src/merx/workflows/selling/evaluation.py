"""Evaluates promotions for a cart, with the reason for each; nothing is written."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NotRequired

import orjson
from typing_extensions import TypedDict

from merx.core.database import Transaction
from merx.core.errors import check_present
from merx.modules.promotion.evaluation_schemas import EvaluateCart, EvaluatedItem
from merx.modules.promotion.facts import Adjustment, CartFacts, Outcome, Reason, Rule, Target
from merx.workflows.selling.promotions import Offers, check_codes, load_promotions

_WORDS = {
    Reason.STATUS: "The promotion is not active",
    Reason.PERIOD: "Its campaign has not started or has ended",
    Reason.CURRENCY: "It is for a different currency",
    Reason.LIMIT: "Its usage limit is reached",
    Reason.BUDGET: "The budget of its campaign is exhausted",
    Reason.NO_TARGET: "Nothing in the cart matches it",
    Reason.BUY_RULES: "The cart lacks items to buy, or items to discount",
    Reason.NOTHING_LEFT: "Other promotions have already discounted everything",
}


class ShownRule(TypedDict):
    """A rule that the cart does not meet."""

    id: str
    attribute: str
    operator: str
    values: NotRequired[list[str]]


class ShownOutcome(TypedDict):
    """The effect of a promotion on a cart, and why it has none."""

    id: str
    code: str | None
    is_automatic: bool
    applied: bool
    amount: float
    reason: str | None
    message: str | None
    rule: ShownRule | None


class ShownAdjustment(TypedDict):
    """A discount on an item or a shipping method of the cart."""

    promotion_id: str
    code: str | None
    amount: float
    is_tax_inclusive: bool
    item_id: str | None
    shipping_method_id: str | None


class Evaluation(TypedDict):
    """The effects of promotions on a cart, in the order in which they are applied."""

    promotions: list[ShownOutcome]
    adjustments: list[ShownAdjustment]


async def evaluate_cart(tx: Transaction, asked: EvaluateCart) -> Evaluation:
    """The discounts that promotions would give on a cart that need not exist."""
    facts = await _facts(tx, asked)
    offers = await load_promotions(
        tx, facts, codes=asked.promo_codes, promotion_ids=asked.promotion_ids
    )
    check_codes(offers, asked.promo_codes)
    return explained(offers)


def explained(offers: Offers, *, shows_values: bool = True) -> Evaluation:
    """The effect of each promotion on the cart, in the order in which they are applied.

    Values of a failed rule are included only if `shows_values`.
    """
    computed = offers.compute()
    return {
        "promotions": [_outcome(one, shows_values) for one in computed.outcomes],
        "adjustments": [_adjustment(one) for one in computed.adjustments],
    }


def _outcome(outcome: Outcome, shows_values: bool) -> ShownOutcome:
    promotion = outcome.promotion
    return {
        "id": promotion.id,
        "code": promotion.code,
        "is_automatic": promotion.is_automatic,
        "applied": outcome.reason is None,
        "amount": _exact(outcome.amount),
        "reason": outcome.reason,
        "message": _message(outcome, shows_values),
        "rule": outcome.rule and _rule(outcome.rule, shows_values),
    }


def _rule(rule: Rule, shows_values: bool) -> ShownRule:
    shown: ShownRule = {"id": rule.id, "attribute": rule.attribute, "operator": rule.operator}
    if shows_values:
        shown["values"] = list(rule.values)
    return shown


def _message(outcome: Outcome, shows_values: bool) -> str | None:
    rule = outcome.rule
    if rule is None:
        return _WORDS.get(outcome.reason) if outcome.reason else None
    if not shows_values:
        return f"The rule about {rule.attribute} is not met"
    return f"The rule {rule.attribute} {rule.operator} {', '.join(rule.values)} is not met"


def _exact(amount: Decimal) -> Any:
    """A JSON number with all its digits."""
    return orjson.Fragment(f"{amount.normalize():f}")


def _adjustment(one: Adjustment) -> ShownAdjustment:
    return {
        "promotion_id": one.promotion_id,
        "code": one.code,
        "amount": _exact(one.amount),
        "is_tax_inclusive": one.is_tax_inclusive,
        "item_id": one.item_id,
        "shipping_method_id": one.shipping_method_id,
    }


_PRODUCTS = """
SELECT v.id AS variant_id, v.product_id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (
  SELECT * FROM product_variant q WHERE q.id = given.id AND q.deleted_at IS NULL OFFSET 0) v"""


async def _facts(tx: Transaction, asked: EvaluateCart) -> CartFacts:
    """The cart as the engine sees it; items and methods are identified by their position."""
    variants = sorted({one.variant_id for one in asked.items if one.variant_id is not None})
    records = await tx.fetch(_PRODUCTS, variants) if variants else []
    products: dict[str, str] = {row["variant_id"]: row["product_id"] for row in records}
    check_present(variants, products, "Variants with ids {} were not found")
    items = enumerate(asked.items)
    lines = [_line(f"items[{place}]", one, products) for place, one in items]
    methods = [
        _target(
            f"shipping_methods[{place}]",
            Decimal(1),
            one.amount,
            one.tax_rate,
            facts={"shipping_option_id": one.shipping_option_id},
        )
        for place, one in enumerate(asked.shipping_methods)
    ]
    facts = asked.model_dump(
        include={"email", "customer_id", "region_id", "sales_channel_id", "metadata"}
    )
    facts["shipping_address"] = asked.shipping_address
    return CartFacts(asked.currency_code, lines, methods, facts)


def _line(name: str, item: EvaluatedItem, products: Mapping[str, str]) -> Target:
    facts = {
        "variant_id": item.variant_id,
        "product_id": item.product_id or products.get(item.variant_id or ""),
        "unit_price": item.unit_price,
        "metadata": item.metadata,
    }
    price = item.unit_price * item.quantity
    return _target(name, Decimal(item.quantity), price, item.tax_rate, facts, item.is_discountable)


def _target(
    name: str,
    quantity: Decimal,
    price: Decimal,
    tax_rate: Decimal,
    facts: Mapping[str, object],
    is_discountable: bool = True,
) -> Target:
    with_tax = price + price * tax_rate.scaleb(-2)
    return Target(name, quantity, price, with_tax, is_discountable, facts)
