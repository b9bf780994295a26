"""How a standard promotion's value is spread over lines or methods.

`each`: to each of them, for `max_quantity` of its units at most. `across`: in proportion to what is
left of each. `once`: to the cheapest units, `max_quantity` of them in all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal

from merx.modules.promotion.facts import Method, Target

NOTHING = Decimal(0)
_HUNDRED = Decimal(100)
# Sums and products keep every digit; a share that does not end is cut here.
EXACT = Context(prec=400)
_DIVISION = Context(prec=60)
_SHARE = Decimal("1e-18")


@dataclass(slots=True)
class Share:
    """What is taken off one target, in money as the promotion counts it: with tax or without."""

    base: "Base"
    amount: Decimal

    @property
    def net(self) -> Decimal:
        """The amount without tax."""
        base = self.base
        if not base.with_tax:
            return self.amount
        if self.amount == base.left:
            return base.net_left
        return divide(EXACT.multiply(self.amount, base.target.subtotal), base.price)


@dataclass(slots=True)
class Taken:
    """What is left, without tax, of each target that something was taken off."""

    left: dict[str, Decimal] = field(default_factory=dict[str, Decimal])

    def add(self, shares: Iterable[Share]) -> None:
        """Remember what was taken."""
        for share in shares:
            base = share.base
            self.left[base.target.id] = EXACT.subtract(base.net_left, share.net)


# Not frozen: that would treble the time it takes to make one, and there are very many.
@dataclass(slots=True)
class Base:
    """A target with its price for the promotion, with tax or without, and what is left of it."""

    target: Target
    price: Decimal
    left: Decimal
    net_left: Decimal
    with_tax: bool = False

    @property
    def unit_price(self) -> Decimal:
        """The price of one unit, to compare with others."""
        return divide(self.price, self.target.quantity)

    def of_units(self, quantity: Decimal) -> Decimal:
        """The price of some units, or what is left if that is less."""
        if quantity >= self.target.quantity:
            return self.left
        return min(self.left, divide(EXACT.multiply(self.price, quantity), self.target.quantity))


def bases(targets: Iterable[Target], taken: Taken, *, with_tax: bool) -> list[Base]:
    """The targets of which something is left, with what is left of them."""
    found: list[Base] = []
    left = taken.left
    for target in targets:
        net_left = left.get(target.id, target.subtotal)
        if net_left <= 0 or target.quantity <= 0:
            continue
        if with_tax:
            price = target.original_total
            found.append(Base(target, price, _left(target, price, net_left), net_left, True))
        else:
            found.append(Base(target, target.subtotal, net_left, net_left))
    return found


def _left(target: Target, price: Decimal, net_left: Decimal) -> Decimal:
    """The part of the price with tax that is left."""
    if net_left == target.subtotal:
        return price
    return divide(EXACT.multiply(net_left, price), target.subtotal)


def allocate(method: Method, targets: Sequence[Base]) -> list[Share]:
    """What the method takes off each of the targets."""
    if method.target_type == "order" and method.allocation is None:
        return _across(method, targets)
    match method.allocation:
        case "each":
            return _each(method, targets)
        case "once":
            return _once(method, targets)
        case _:
            return _across(method, targets)


def take(method: Method, base: Base, quantity: Decimal) -> Share:
    """The method's value taken off some units of a target, and no more than they cost."""
    price = base.of_units(quantity)
    if method.type == "percentage":
        return Share(base, percentage(price, method.value))
    return Share(base, min(price, EXACT.multiply(method.value, quantity)))


def percentage(amount: Decimal, percent: Decimal) -> Decimal:
    """So many percent of an amount; of 100 at most."""
    return EXACT.multiply(amount, min(percent, _HUNDRED).scaleb(-2))


def divide(amount: Decimal, by: Decimal) -> Decimal:
    """A quotient, exact where it ends."""
    return _DIVISION.divide(amount, by)


def _each(method: Method, targets: Sequence[Base]) -> list[Share]:
    return [take(method, one, _at_most(method, one.target.quantity)) for one in targets]


def _once(method: Method, targets: Sequence[Base]) -> list[Share]:
    shares: list[Share] = []
    left = Decimal("Infinity") if method.max_quantity is None else Decimal(method.max_quantity)
    for one in sorted(targets, key=lambda base: (base.unit_price, base.target.id)):
        if left <= 0:
            break
        quantity = min(one.target.quantity, left)
        shares.append(take(method, one, quantity))
        left -= quantity
    return shares


def _across(method: Method, targets: Sequence[Base]) -> list[Share]:
    if method.type == "percentage":
        return [Share(one, percentage(one.left, method.value)) for one in targets]
    return distribute(method.value, targets)


def distribute(value: Decimal, targets: Sequence[Base]) -> list[Share]:
    """A sum in proportion to what is left of each target. What division leaves over goes to the
    largest, so that the shares come to the sum exactly."""
    whole = sum((one.left for one in targets), NOTHING)
    if value >= whole:
        return [Share(one, one.left) for one in targets]
    ordered = sorted(targets, key=lambda base: (base.left, base.target.id))
    amounts = {one.target.id: _part(value, one.left, whole) for one in ordered[:-1]}
    rest = EXACT.subtract(value, sum(amounts.values(), NOTHING))
    return [Share(one, amounts.get(one.target.id, rest)) for one in targets]


def _part(value: Decimal, left: Decimal, whole: Decimal) -> Decimal:
    part = _DIVISION.divide(EXACT.multiply(value, left), whole)
    return part.quantize(_SHARE, ROUND_DOWN, _DIVISION)


def _at_most(method: Method, quantity: Decimal) -> Decimal:
    return quantity if method.max_quantity is None else min(quantity, Decimal(method.max_quantity))
