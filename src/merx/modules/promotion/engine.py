"""The engine: a cart and promotions → the discount of each promotion on each line or method.

Pure and exact; docs/reference/promotions.md has the rules with worked examples. Promotions are
applied in a defined order (`order_of_application`), each to what the previous ones left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce

from merx.modules.promotion.allocation import (
    EXACT,
    NOTHING,
    Base,
    Share,
    allocate,
    take_off,
    whole,
)
from merx.modules.promotion.buy_get import Units, buy_and_get
from merx.modules.promotion.facts import (
    Adjustment,
    Budget,
    CartFacts,
    Computed,
    Outcome,
    Promotion,
    Reason,
    Target,
)
from merx.modules.promotion.matching import CartValues, Matcher, picked


@dataclass(slots=True)
class _Progress:
    """What earlier promotions have used of budgets and of lines."""

    units: Units = field(default_factory=Units)
    used: dict[str, Decimal] = field(default_factory=dict[str, Decimal])


class _Side:
    """The lines of a cart, or its methods, with a bit for each (`Matcher`): which can be
    discounted, which have a price, and which of these have something left.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self.found = Matcher(targets)
        self.discountable = self.found.those(lambda one: one.is_discountable)
        self.priced = self.found.those(lambda one: min(one.subtotal, one.quantity) > NOTHING)
        self.left = self.priced
        self._bases = [whole(one) for one in targets]
        self._bits = {one.id: 1 << place for place, one in enumerate(targets)}

    def bases(self, some: int, *, with_tax: bool) -> Sequence[Base]:
        """What is left of some of them, without tax or with it."""
        bases = picked(self._bases, some)
        return [one.with_tax() for one in bases] if with_tax else bases

    def whole(self, some: int) -> Sequence[Base]:
        """The same before any promotion was applied."""
        return [whole(one.target) for one in picked(self._bases, some)]

    def take_off(self, shares: Iterable[Share]) -> None:
        """Lower what is left."""
        for emptied in take_off(shares):
            self.left &= ~self._bits[emptied.target.id]


@dataclass(frozen=True, slots=True)
class _Cart:
    """A cart, with its lines and its methods as rules find them."""

    facts: CartFacts
    asked: CartValues
    lines: _Side
    methods: _Side

    def side(self, promotion: Promotion) -> _Side:
        """The lines or methods that the promotion discounts."""
        return self.methods if _is_on_shipping(promotion) else self.lines


def compute(facts: CartFacts, promotions: Iterable[Promotion]) -> Computed:
    """Apply the promotions to the cart."""
    cart = _Cart(facts, CartValues(facts.facts), _Side(facts.lines), _Side(facts.methods))
    progress = _Progress()
    adjustments: list[Adjustment] = []
    outcomes: list[Outcome] = []
    for promotion in order_of_application(promotions):
        outcome = _refusal(cart, promotion)
        if outcome is None:
            shares, outcome = _apply(cart, promotion, progress)
            adjustments.extend(_adjustments(promotion, shares))
        outcomes.append(outcome)
    return Computed(tuple(adjustments), tuple(outcomes))


def order_of_application(promotions: Iterable[Promotion]) -> list[Promotion]:
    """Buy-get promotions first; within each kind the largest value first, then the oldest."""
    return sorted(promotions, key=lambda one: (one.type != "buyget", -one.method.value, one.id))


def budget_use(budget: Budget, amount: Decimal) -> Decimal:
    """What a discount counts for in a budget."""
    return amount if budget.type.startswith("spend") else Decimal(1)


def _refusal(cart: _Cart, promotion: Promotion) -> Outcome | None:
    """Why the promotion does not apply to this cart at all, if so."""
    budget = promotion.budget
    reason = None
    if promotion.status != "active":
        reason = Reason.STATUS
    elif not promotion.is_in_period:
        reason = Reason.PERIOD
    elif any(one not in (None, cart.facts.currency_code) for one in _currencies(promotion)):
        reason = Reason.CURRENCY
    elif promotion.limit is not None and promotion.used >= promotion.limit:
        reason = Reason.LIMIT
    elif budget is not None and _is_spent(budget):
        reason = Reason.BUDGET
    if reason is not None:
        return Outcome(promotion, NOTHING, reason)
    failed = cart.asked.first_failed(promotion.rules)
    return failed and Outcome(promotion, NOTHING, Reason.RULE, failed)


def _currencies(promotion: Promotion) -> tuple[str | None, ...]:
    """The currencies the cart must have: that of a fixed amount, and of a budget of money."""
    budget = promotion.budget
    is_sum = budget is not None and budget.type.startswith("spend")
    return (promotion.method.currency_code, budget.currency_code if budget and is_sum else None)


def _is_spent(budget: Budget) -> bool:
    """Whether nothing is left, or the cart has no value for the budget's attribute."""
    if budget.attribute is not None and budget.attribute_value is None:
        return budget.type.endswith("_by_attribute")
    return budget.limit is not None and budget.used >= budget.limit


def _apply(cart: _Cart, promotion: Promotion, progress: _Progress) -> tuple[list[Share], Outcome]:
    """Apply the promotion to what is left of the cart, and record the discount."""
    units = Units()
    found = _shares(cart, promotion, progress, units)
    if isinstance(found, Reason):
        return [], Outcome(promotion, NOTHING, found)
    shares = [share for share in found if share.amount > NOTHING]
    amount = reduce(EXACT.add, [share.amount for share in shares], NOTHING)
    if not shares:
        return [], Outcome(promotion, NOTHING, Reason.NOTHING_LEFT)
    if not _count(promotion, amount, progress):
        return [], Outcome(promotion, NOTHING, Reason.BUDGET)
    cart.side(promotion).take_off(shares)
    progress.units.add(units.bought, units.got)
    return shares, Outcome(promotion, amount)


def _shares(
    cart: _Cart, promotion: Promotion, progress: _Progress, units: Units
) -> list[Share] | Reason:
    """The discounts; the units that a buy-get promotion uses are added to `units`."""
    method, side = promotion.method, cart.side(promotion)
    is_free = promotion.type == "buyget"
    matching = side.found.matching(method.target_rules)
    candidates = matching if is_free else matching & side.discountable
    if not candidates:
        return Reason.NO_TARGET
    candidates &= side.left
    if not candidates and not is_free:
        return Reason.NOTHING_LEFT
    left = side.bases(candidates, with_tax=_counts_tax(promotion))
    if not is_free:
        return allocate(method, left)
    wanted = cart.lines.found.matching(method.buy_rules) & cart.lines.priced
    buyable = cart.lines.whole(wanted)
    shares, used = buy_and_get(method, buyable, left, progress.units)
    units.add(used.bought, used.got)
    return shares or Reason.BUY_RULES


def _counts_tax(promotion: Promotion) -> bool:
    """Whether the promotion's amounts include tax.

    As on the reference, discounts of shipping and of buy-get promotions never do.
    """
    is_standard = promotion.type == "standard"
    return promotion.is_tax_inclusive and is_standard and not _is_on_shipping(promotion)


def _is_on_shipping(promotion: Promotion) -> bool:
    return promotion.method.target_type == "shipping_methods"


def _count(promotion: Promotion, amount: Decimal, progress: _Progress) -> bool:
    """Count the promotion in its campaign's budget; False if that would exceed the limit."""
    budget = promotion.budget
    if budget is None or budget.limit is None:
        return True
    used = progress.used.get(budget.id, budget.used) + budget_use(budget, amount)
    if used > budget.limit:
        return False
    progress.used[budget.id] = used
    return True


def _adjustments(promotion: Promotion, shares: Iterable[Share]) -> list[Adjustment]:
    id, code, counts_tax = promotion.id, promotion.code, _counts_tax(promotion)
    if _is_on_shipping(promotion):
        return [
            Adjustment(id, code, one.amount, counts_tax, None, one.base.target.id) for one in shares
        ]
    return [Adjustment(id, code, one.amount, counts_tax, one.base.target.id) for one in shares]
