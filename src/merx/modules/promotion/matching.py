"""Matching of rules: paths into facts, and operators over the values found.

`eq`: values are found and each is among the rule's values. `in`: at least one is. `ne`: none is.
`gt`, `gte`, `lt`, `lte` compare each number found with any of the rule's values; if none is found,
0 counts. Text that is not a number matches nothing.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeVar

from merx.core.shapes import is_dict, is_list
from merx.modules.promotion.facts import Facts, Rule, Target

T = TypeVar("T")

_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
# The optional prefixes of rules on a line or on a method.
_PREFIXES = ("items.", "shipping_methods.")


class CartValues:
    """The values of a cart that rules ask about, each looked up once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._values: dict[str, list[str]] = {}

    def first_failed(self, rules: Iterable[Rule]) -> Rule | None:
        """The first of the rules that is not met."""
        return next((rule for rule in rules if not test_of(rule)(self._at(rule.attribute))), None)

    def _at(self, attribute: str) -> list[str]:
        if attribute not in self._values:
            self._values[attribute] = found(self._facts, attribute)
        return self._values[attribute]


def first_failed(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The first of the rules that the cart does not meet."""
    return CartValues(facts).first_failed(rules)


@dataclass(frozen=True, slots=True)
class _Column:
    """The values of an attribute: the targets that have each value, and those that have exactly
    these values.
    """

    by_value: Mapping[str, int]
    by_values: Mapping[tuple[str, ...], int]


class Matcher:
    """Finds the lines, or the methods, that meet rules.

    A set of targets is an integer with a bit for each, the first target's the lowest: an attribute
    is looked up once per target, and a rule is then a few integer operations, however many targets
    there are.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets = targets
        self._columns: dict[str, _Column] = {}
        self.everything = (1 << len(targets)) - 1

    def matching(self, rules: Iterable[Rule]) -> int:
        """The targets that meet all the rules."""
        found = self.everything
        for rule in rules:
            found &= self._holding(rule)
        return found

    def those(self, holds: Callable[[Target], bool]) -> int:
        """The targets that meet this rule."""
        return _bits(place for place, one in enumerate(self._targets) if holds(one))

    def _holding(self, rule: Rule) -> int:
        column = self._column(rule.attribute)
        if rule.operator not in ("in", "ne"):
            holds, hits = test_of(rule), 0
            for values, places in column.by_values.items():
                hits |= places if holds(values) else 0
            return hits
        hits = 0
        for value in rule.values:
            hits |= column.by_value.get(value, 0)
        return hits if rule.operator == "in" else ~hits

    def _column(self, attribute: str) -> _Column:
        if attribute not in self._columns:
            path = target_path(attribute)
            by_value: dict[str, int] = {}
            by_values: dict[tuple[str, ...], int] = {}
            for place, one in enumerate(self._targets):
                values = tuple(found(one.facts, path))
                by_values[values] = by_values.get(values, 0) | 1 << place
                for value in values:
                    by_value[value] = by_value.get(value, 0) | 1 << place
            self._columns[attribute] = _Column(by_value, by_values)
        return self._columns[attribute]


def picked(items: Sequence[T], some: int) -> Sequence[T]:
    """The targets of the bits, in order."""
    if not some:
        return ()
    if some == (1 << len(items)) - 1:
        return items
    return [item for place, item in enumerate(items) if some >> place & 1]


def _bits(places: Iterable[int]) -> int:
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits


def target_path(attribute: str) -> str:
    """The path below the line or the method: `items.product.id` is its `product.id`."""
    for prefix in _PREFIXES:
        attribute = attribute.removeprefix(prefix)
    return attribute


def found(facts: Facts, path: str) -> list[str]:
    """All values at the end of a path, as texts; lists on the way are traversed."""
    here: list[object] = [facts]
    for name in path.split("."):
        here = [value for one in here for value in _step(one, name)]
    return [_text(value) for one in here for value in _leaves(one)]


def _step(value: object, name: str) -> list[object]:
    if is_list(value):
        return [inner for one in value for inner in _step(one, name)]
    inner = value.get(name) if is_dict(value) else None
    return [] if inner is None else [inner]


def _leaves(value: object) -> list[object]:
    if is_list(value):
        return [leaf for one in value for leaf in _leaves(one)]
    return [] if value is None or is_dict(value) else [value]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def test_of(rule: Rule) -> Callable[[Sequence[str]], bool]:
    """The test that a rule applies to the values found."""
    wanted = frozenset(rule.values)
    match rule.operator:
        case "eq":
            return lambda values: bool(values) and wanted.issuperset(values)
        case "in":
            return lambda values: not wanted.isdisjoint(values)
        case "ne":
            return wanted.isdisjoint
        case _:
            return _comparison(rule)


def _comparison(rule: Rule) -> Callable[[Sequence[str]], bool]:
    compare = _COMPARE[rule.operator]
    wanted = [number for value in rule.values if (number := _number(value)) is not None]

    def holds(values: Sequence[str]) -> bool:
        return all(
            (number := _number(value)) is not None and any(compare(number, one) for one in wanted)
            for value in values or ("0",)
        )

    return holds


# A cart's few values are compared by each of very many rules.
@lru_cache(maxsize=1024)
def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
