"""Buy-get promotions: which units are bought and which are discounted.

In rounds: `buy_rules_min_quantity` units that match the buy rules are set aside, then
`apply_to_quantity` units that match the target rules are discounted. The most expensive line comes
first in both, but lines that can be discounted are bought last. Rounds go on until `max_quantity`
units are discounted or a round cannot be filled; in a round no line gives more units than are left
of that maximum. A unit is used once per promotion; two promotions may buy with a unit and discount
it. All of this follows the reference.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from merx.modules.promotion.allocation import NOTHING, Base, Share, take
from merx.modules.promotion.facts import Method

_ONE = Decimal(1)
_Picks = Mapping[str, Decimal]
# The ids of lines and how many units of each the promotion may use, in order of preference.
_Lines = Sequence[tuple[str, Decimal]]


@dataclass(slots=True)
class Units:
    """How many units of each line were bought or discounted by a promotion."""

    bought: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    got: dict[str, Decimal] = field(default_factory=dict[str, Decimal])

    def add(self, bought: _Picks, got: _Picks, times: Decimal = _ONE) -> None:
        """Add the used units, this many times."""
        for counts, picks in ((self.bought, bought), (self.got, got)):
            for line_id, quantity in picks.items():
                counts[line_id] = counts.get(line_id, NOTHING) + quantity * times

    def used(self, line_id: str) -> Decimal:
        """The units of a line that the promotion uses."""
        return self.bought.get(line_id, NOTHING) + self.got.get(line_id, NOTHING)


def buy_and_get(
    method: Method, buyable: Sequence[Base], gettable: Sequence[Base], before: Units
) -> tuple[list[Share], Units]:
    """The discounts of the eligible lines, and the units used; `before` are those of earlier
    promotions.
    """
    buys, gets = method.buy_rules_min_quantity or 0, method.apply_to_quantity or 0
    now = Units()
    if buys <= 0 or gets <= 0:
        return [], now
    targets = _dearest_first(gettable)
    can_get = _units(targets, before.got)
    can_buy = _units(_targets_last(_dearest_first(buyable), targets), before.bought)
    left = Decimal(method.max_quantity or 0)
    while left > 0:
        bought = _pick(can_buy, Decimal(buys), now, {}, Decimal(buys))
        got = _pick(can_get, Decimal(gets), now, bought, left)
        if not bought or not got:
            break
        times = _repeats(can_buy, can_get, bought, got, now)
        times = max(min(times, left // gets), _ONE)
        now.add(bought, got, times)
        left -= gets * times
    discounted = [one for one in targets if one.target.id in now.got]
    return [take(method, one, now.got[one.target.id]) for one in discounted], now


def _dearest_first(bases: Iterable[Base]) -> list[Base]:
    """By the price of the whole line."""
    return sorted(bases, key=lambda base: (-base.price, base.target.id))


def _targets_last(buyable: Iterable[Base], targets: Iterable[Base]) -> list[Base]:
    ids = {one.target.id for one in targets}
    return sorted(buyable, key=lambda one: one.target.id in ids)


def _units(bases: Iterable[Base], taken: _Picks) -> _Lines:
    return [
        (one.target.id, one.target.quantity - taken.get(one.target.id, NOTHING)) for one in bases
    ]


def _pick(lines: _Lines, wanted: Decimal, now: Units, besides: _Picks, most: Decimal) -> _Picks:
    """Pick the quantity, at most `most` of each line, from the first lines with units that are
    neither used by the promotion nor in `besides`; nothing if there are not enough.
    """
    picks: dict[str, Decimal] = {}
    for line_id, units in lines:
        free = min(units - now.used(line_id) - besides.get(line_id, NOTHING), most)
        if free > 0:
            picks[line_id] = min(free, wanted)
            wanted -= picks[line_id]
        if wanted <= 0:
            return picks
    return {}


def _repeats(can_buy: _Lines, can_get: _Lines, bought: _Picks, got: _Picks, now: Units) -> Decimal:
    """How many rounds in a row pick the same units: as many as all of their lines allow.

    Taken in one step, so that a line of a million units costs no more than one of two.
    """
    rooms = [
        (units - now.used(line_id)) // (bought.get(line_id, NOTHING) + got.get(line_id, NOTHING))
        for lines, picks in ((can_buy, bought), (can_get, got))
        for line_id, units in lines
        if line_id in picks
    ]
    return min(rooms)
