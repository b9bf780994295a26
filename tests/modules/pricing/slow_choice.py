"""The choice of a price as docs/reference/prices.md words it, rule by rule: slow and obvious.

Written from the page and not from the SQL, which it is compared with.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

COMPARE = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}

# Attribute, operator, value.
Rule = tuple[str, str, str]


@dataclass(frozen=True)
class SlowList:
    """A price list; `period` says whether it is over, runs, or has yet to begin."""

    type: str
    status: str = "active"
    period: str = "runs"
    rules: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])


@dataclass(frozen=True)
class SlowPrice:
    """A price of the set, of a list or the set's own; `age` is 0 for the oldest."""

    age: int
    amount: Decimal
    currency_code: str
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    rules: Sequence[Rule] = ()
    price_list: SlowList | None = None


@dataclass(frozen=True)
class SlowContext:
    """Who asks; each attribute may have several values, as a customer has groups."""

    currency_code: str
    attributes: Mapping[str, Sequence[str]]
    quantity: Decimal = Decimal(1)


def holds(price: SlowPrice, context: SlowContext) -> bool:
    """Whether the price is a candidate."""
    if price.currency_code != context.currency_code:
        return False
    if price.min_quantity is not None and context.quantity < price.min_quantity:
        return False
    if price.max_quantity is not None and context.quantity > price.max_quantity:
        return False
    for rule in price.rules:
        if not rule_holds(rule, context):
            return False
    return price.price_list is None or list_holds(price.price_list, context)


def rule_holds(rule: Rule, context: SlowContext) -> bool:
    """Whether one of the values that the context has of the rule's attribute meets it."""
    attribute, comparison, value = rule
    for given in context.attributes.get(attribute, ()):
        if comparison == "eq" and given == value:
            return True
        if is_number(given) and is_number(value):
            if COMPARE[comparison](Decimal(given), Decimal(value)):
                return True
    return False


def is_number(text: str) -> bool:
    """Whether the text is a decimal number."""
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True


def list_holds(price_list: SlowList, context: SlowContext) -> bool:
    """Whether the list is active, runs, and has a value of each rule in common with who asks."""
    if price_list.status != "active" or price_list.period != "runs":
        return False
    for attribute, values in price_list.rules.items():
        if not set(values) & set(context.attributes.get(attribute, ())):
            return False
    return True


def binding(price: SlowPrice) -> int:
    """By how many rules a price is bound."""
    return len(price.rules) + (len(price.price_list.rules) if price.price_list else 0)


def best(prices: Sequence[SlowPrice]) -> SlowPrice | None:
    """The most closely bound, of those the lowest, of those the oldest."""
    found: SlowPrice | None = None
    for price in prices:
        if found is None or beats(price, found):
            found = price
    return found


def beats(one: SlowPrice, other: SlowPrice) -> bool:
    """Whether one candidate comes before another of its kind."""
    if binding(one) != binding(other):
        return binding(one) > binding(other)
    if one.amount != other.amount:
        return one.amount < other.amount
    return one.age < other.age


def choose(
    prices: Sequence[SlowPrice], context: SlowContext
) -> tuple[SlowPrice | None, SlowPrice | None]:
    """The calculated and the original price."""
    candidates = [price for price in prices if holds(price, context)]
    base = best([price for price in candidates if price.price_list is None])
    override = best([p for p in candidates if p.price_list and p.price_list.type == "override"])
    sale = best([p for p in candidates if p.price_list and p.price_list.type == "sale"])
    original = override or base
    if sale is None:
        return original, original
    if original is None:
        return sale, None
    if sale.amount > original.amount:
        return original, original
    if override is not None and binding(override) > binding(sale):
        return original, original
    return sale, original
