"""How a standard promotion's value is spread over lines or methods.

`each`: to each of them, for `max_quantity` of its units at most. `across`: in proportion to what is
left of each. `once`: to the cheapest units, `max_quantity` of them in all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal

from merx.modules.promotion.facts import Method, Target

NOTHING = Decimal(0)
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
        left, subtract = self.left, EXACT.subtract
        for share in shares:
            base = share.base
            net = share.net if base.with_tax else share.amount
            left[base.target.id] = subtract(base.net_left, net)


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
    left = taken.left.get
    some = [
        (target, net_left)
        for target in targets
        if (net_left := left(target.id, target.subtotal)) > NOTHING and target.quantity > NOTHING
    ]
    if not with_tax:
        return [Base(target, target.subtotal, net_left, net_left) for target, net_left in some]
    return [
        Base(target, price := target.original_total, _left(target, price, net_left), net_left, True)
        for target, net_left in some
    ]


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
    price = base.left if quantity >= base.target.quantity else base.of_units(quantity)
    if method.type == "percentage":
        return Share(base, EXACT.multiply(price, method.part))
    value = EXACT.multiply(method.value, quantity)
    return Share(base, value if value < price else price)


def divide(amount: Decimal, by: Decimal) -> Decimal:
    """A quotient, exact where it ends."""
    return _DIVISION.divide(amount, by)


def _each(method: Method, targets: Sequence[Base]) -> list[Share]:
    most = None if method.max_quantity is None else Decimal(method.max_quantity)
    if method.type == "percentage":
        # As `take`, without asking anew for each of very many lines.
        part, multiply = method.part, EXACT.multiply
        return [
            Share(one, multiply(one.left if most is None else one.of_units(most), part))
            for one in targets
        ]
    if most is None:
        return [take(method, one, one.target.quantity) for one in targets]
    return [take(method, one, min(one.target.quantity, most)) for one in targets]


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
        part, multiply = method.part, EXACT.multiply
        return [Share(one, multiply(one.left, part)) for one in targets]
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
