"""Whether the rules of a promotion hold: paths into facts, and operators over what is found.

`eq`: something is found and each of it is one of the rule's values. `in`: some of it is. `ne`: none
of it is. `gt`, `gte`, `lt`, `lte` compare numbers: each that is found with some of the rule's
values; where nothing is found, 0 counts. A text that is no number compares with none.
"""

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from merx.core.shapes import is_dict, is_list
from merx.modules.promotion.facts import Facts, Rule, Target

_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
# What a rule on a line, or on a method, may begin with.
_PREFIXES = ("items.", "shipping_methods.")
_NOWHERE: frozenset[int] = frozenset()


class Asked:
    """The values of a cart that rules ask about, each looked up once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._values: dict[str, list[str]] = {}

    def first_failed(self, rules: Iterable[Rule]) -> Rule | None:
        """The first of the rules that does not hold."""
        return next((rule for rule in rules if not test_of(rule)(self._at(rule.attribute))), None)

    def _at(self, attribute: str) -> list[str]:
        if attribute not in self._values:
            self._values[attribute] = found(self._facts, attribute)
        return self._values[attribute]


def first_failed(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The first of the rules that does not hold of a cart."""
    return Asked(facts).first_failed(rules)


@dataclass(slots=True)
class _Column:
    """What an attribute is of each target, and where each value is found."""

    values: list[list[str]]
    places: dict[str, set[int]]


class Matcher:
    """Finds the lines, or the methods, of which rules hold. What many rules ask about is looked up
    once for each line, and values that are compared with are looked up where they are found: with
    200 promotions that is most of the work."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets = targets
        self._columns: dict[str, _Column] = {}

    def matching(self, rules: Iterable[Rule]) -> Sequence[Target]:
        """Those of which all the rules hold, in their order."""
        places: Collection[int] | None = None
        for rule in rules:
            places = self._places(rule, range(len(self._targets)) if places is None else places)
        return self._targets if places is None else [self._targets[place] for place in places]

    def _places(self, rule: Rule, among: Collection[int]) -> Collection[int]:
        """Where the rule holds."""
        column = self._column(rule.attribute)
        if rule.operator not in ("in", "ne"):
            holds = test_of(rule)
            return [place for place in among if holds(column.values[place])]
        hits: set[int] = set()
        for value in rule.values:
            hits |= column.places.get(value, _NOWHERE)
        if rule.operator == "in":
            return sorted(hits.intersection(among))
        return [place for place in among if place not in hits] if hits else among

    def _column(self, attribute: str) -> _Column:
        if attribute not in self._columns:
            path = target_path(attribute)
            column = _Column([found(one.facts, path) for one in self._targets], {})
            for place, values in enumerate(column.values):
                for value in values:
                    column.places.setdefault(value, set()).add(place)
            self._columns[attribute] = column
        return self._columns[attribute]


def target_path(attribute: str) -> str:
    """The path below the line or the method: `items.product.id` is its `product.id`."""
    for prefix in _PREFIXES:
        attribute = attribute.removeprefix(prefix)
    return attribute


def found(facts: Facts, path: str) -> list[str]:
    """All values at the end of a path, as texts; a list on the way is gone through."""
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


def test_of(rule: Rule) -> Callable[[list[str]], bool]:
    """What the rule asks of the values that are found."""
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


def _comparison(rule: Rule) -> Callable[[list[str]], bool]:
    compare = _COMPARE[rule.operator]
    wanted = [number for value in rule.values if (number := _number(value)) is not None]

    def holds(values: list[str]) -> bool:
        return all(
            (number := _number(value)) is not None and any(compare(number, one) for one in wanted)
            for value in values or ["0"]
        )

    return holds


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
