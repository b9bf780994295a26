"""The engine's input and output: carts and promotions as plain values.

Amounts are exact decimals in the currency's unit. A cart, a draft order and an order under change
all become the same `CartFacts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

_HUNDRED = Decimal(100)

# What a rule can find by a path (`product.categories.id`): a value, a list, or further names.
Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Target:
    """A line or a shipping method.

    `subtotal` is without tax, `original_total` with tax; both before any discount. `facts` answers
    rules: for a line `items.product.id` is looked up as `product.id`, for a method
    `shipping_methods.shipping_option_id` as `shipping_option_id`.
    """

    id: str
    quantity: Decimal
    subtotal: Decimal
    original_total: Decimal
    is_discountable: bool = True
    facts: Facts = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class CartFacts:
    """A cart: `facts` are its own values, its customer, region and addresses."""

    currency_code: str
    lines: Sequence[Target]
    methods: Sequence[Target] = ()
    facts: Facts = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition: the values at `attribute` compare with `values` by `operator`."""

    id: str
    attribute: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """What a promotion takes off, and from what."""

    type: str
    target_type: str
    value: Decimal
    allocation: str | None = None
    currency_code: str | None = None
    max_quantity: int | None = None
    apply_to_quantity: int | None = None
    buy_rules_min_quantity: int | None = None
    target_rules: tuple[Rule, ...] = ()
    buy_rules: tuple[Rule, ...] = ()

    @property
    def part(self) -> Decimal:
        """The discounted part of a price by a percentage, at most the whole price."""
        return min(self.value, _HUNDRED).scaleb(-2)


@dataclass(frozen=True, slots=True)
class Budget:
    """A campaign's budget.

    One that counts by an attribute has the cart's `attribute_value`, and `used` is that value's
    usage.
    """

    id: str
    type: str
    limit: Decimal | None
    used: Decimal
    currency_code: str | None = None
    attribute: str | None = None
    attribute_value: str | None = None


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion as the engine sees it.

    `is_in_period` says whether its campaign, if any, is running at the time of loading.
    """

    id: str
    code: str
    type: str
    method: Method
    is_automatic: bool = False
    is_tax_inclusive: bool = False
    status: str = "active"
    rules: tuple[Rule, ...] = ()
    limit: int | None = None
    used: int = 0
    campaign_id: str | None = None
    is_in_period: bool = True
    budget: Budget | None = None


# Not frozen: creating one would take three times as long, and there are very many.
@dataclass(slots=True)
class Adjustment:
    """The discount of a promotion on a line (`item_id`) or a shipping method."""

    promotion_id: str
    code: str
    amount: Decimal
    is_tax_inclusive: bool
    item_id: str | None = None
    shipping_method_id: str | None = None


class Reason(StrEnum):
    """Why a promotion gave no discount."""

    STATUS = "status"
    PERIOD = "period"
    CURRENCY = "currency"
    RULE = "rule"
    LIMIT = "limit"
    BUDGET = "budget"
    NO_TARGET = "no_target"
    BUY_RULES = "buy_rules"
    NOTHING_LEFT = "nothing_left"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one promotion: `amount` is its total discount; without one, `reason` says why
    and `rule` which rule failed.
    """

    promotion: Promotion
    amount: Decimal
    reason: Reason | None = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """The adjustments of a cart in the order of the promotions, and each promotion's result."""

    adjustments: tuple[Adjustment, ...]
    outcomes: tuple[Outcome, ...]
