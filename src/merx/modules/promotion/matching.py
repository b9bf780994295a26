"""Whether the rules of a promotion hold: paths into facts, and operators over what is found.

`eq`: something is found and each of it is one of the rule's values. `in`: some of it is. `ne`: none
of it is. `gt`, `gte`, `lt`, `lte` compare numbers: each that is found with some of the rule's
values; where nothing is found, 0 counts. A text that is no number compares with none.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
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


def first_failed(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The first of the rules that does not hold of a cart."""
    return next((rule for rule in rules if not test_of(rule)(found(facts, rule.attribute))), None)


class Matcher:
    """Finds the lines, or the methods, of which rules hold. What many rules ask about is looked up
    once for each line: with 200 promotions that is most of the work."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets = targets
        self._values: dict[str, list[list[str]]] = {}

    def matching(self, rules: Iterable[Rule]) -> list[Target]:
        """Those of which all the rules hold."""
        places: Iterable[int] = range(len(self._targets))
        for rule in rules:
            values, holds = self._values_at(rule.attribute), test_of(rule)
            places = [place for place in places if holds(values[place])]
        return [self._targets[place] for place in places]

    def _values_at(self, attribute: str) -> list[list[str]]:
        if attribute not in self._values:
            path = target_path(attribute)
            self._values[attribute] = [found(one.facts, path) for one in self._targets]
        return self._values[attribute]


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
