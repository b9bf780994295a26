"""How a standard promotion's value is allocated to lines or methods.

`each`: to each of them, for at most `max_quantity` of its units. `across`: in proportion to what is
left of each. `once`: to the cheapest units, at most `max_quantity` in total.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal

from merx.modules.promotion.facts import Method, Target

NOTHING = Decimal(0)
# Sums and products keep every digit; a non-terminating share is cut off here.
EXACT = Context(prec=400)
_DIVISION = Context(prec=60)
_SHARE = Decimal("1e-18")


@dataclass(slots=True)
class Share:
    """The discount of one target, with or without tax as the promotion counts it."""

    base: "Base"
    amount: Decimal

    @property
    def net(self) -> Decimal:
        """The amount without tax."""
        base = self.base
        if base.net is None:
            return self.amount
        if self.amount == base.left:
            return base.net.left
        return divide(EXACT.multiply(self.amount, base.target.subtotal), base.price)


# Not frozen: creating one would take three times as long, and there are very many.
@dataclass(slots=True)
class Base:
    """A target, its price for the promotion and what is left of it.

    One without tax is updated while promotions are applied; one with tax is derived from it, its
    `net`.
    """

    target: Target
    price: Decimal
    left: Decimal
    net: "Base | None" = None
    _unit_price: Decimal | None = None

    @property
    def unit_price(self) -> Decimal:
        """The price of one unit, for sorting."""
        if self._unit_price is None:
            self._unit_price = divide(self.price, self.target.quantity)
        return self._unit_price

    def of_units(self, quantity: Decimal) -> Decimal:
        """The price of some units, or what is left if that is less."""
        if quantity >= self.target.quantity:
            return self.left
        return min(self.left, divide(EXACT.multiply(self.price, quantity), self.target.quantity))

    def with_tax(self) -> "Base":
        """The same for a promotion that counts with tax."""
        target, price, left = self.target, self.target.original_total, self.left
        if left != target.subtotal:
            return Base(target, price, divide(EXACT.multiply(left, price), target.subtotal), self)
        return Base(target, price, price, self)


def whole(target: Target) -> Base:
    """A target without discounts so far."""
    return Base(target, target.subtotal, target.subtotal)


def take_off(shares: Iterable[Share]) -> list[Base]:
    """Lower what is left of the targets; returns those that have nothing left."""
    subtract, emptied = EXACT.subtract, list[Base]()
    for share in shares:
        net = share.base.net or share.base
        net.left = subtract(net.left, share.net if share.base.net else share.amount)
        if net.left <= NOTHING:
            emptied.append(net)
    return emptied


def allocate(method: Method, targets: Sequence[Base]) -> list[Share]:
    """The discount of the method on each of the targets."""
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
    """The method's value for some units of a target, at most their price."""
    price = base.left if quantity >= base.target.quantity else base.of_units(quantity)
    if method.type == "percentage":
        return Share(base, EXACT.multiply(price, method.part))
    value = EXACT.multiply(method.value, quantity)
    return Share(base, value if value < price else price)


def divide(amount: Decimal, by: Decimal) -> Decimal:
    """A quotient, exact if it terminates."""
    return _DIVISION.divide(amount, by)


def _each(method: Method, targets: Sequence[Base]) -> list[Share]:
    most = None if method.max_quantity is None else Decimal(method.max_quantity)
    if method.type == "percentage":
        # As `take`, without repeating the tests for each of very many lines.
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
    """Distribute a sum in proportion to what is left of each target.

    The remainder of the division goes to the largest, so that the shares add up exactly.
    """
    total = sum((one.left for one in targets), NOTHING)
    if value >= total:
        return [Share(one, one.left) for one in targets]
    ordered = sorted(targets, key=lambda base: (base.left, base.target.id))
    amounts = {one.target.id: _part(value, one.left, total) for one in ordered[:-1]}
    rest = EXACT.subtract(value, sum(amounts.values(), NOTHING))
    return [Share(one, amounts.get(one.target.id, rest)) for one in targets]


def _part(value: Decimal, left: Decimal, total: Decimal) -> Decimal:
    part = _DIVISION.divide(EXACT.multiply(value, left), total)
    return part.quantize(_SHARE, ROUND_DOWN, _DIVISION)
