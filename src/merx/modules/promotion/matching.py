"""Whether the rules of a promotion hold: paths into facts, and operators over what is found.

`eq`: something is found and each of it is one of the rule's values. `in`: some of it is. `ne`: none
of it is. `gt`, `gte`, `lt`, `lte` compare numbers: each that is found with some of the rule's
values; where nothing is found, 0 counts. A text that is no number compares with none.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation

from merx.core.shapes import is_dict, is_list
from merx.modules.promotion.facts import Facts, Rule

_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
# What a rule on a line, or on a method, may begin with.
_PREFIXES = ("items.", "shipping_methods.")


def first_failed(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The first of the rules that does not hold."""
    return next((rule for rule in rules if not holds(rule, facts)), None)


def holds(rule: Rule, facts: Facts) -> bool:
    """Whether one rule holds of a cart."""
    return _compare(rule, found(facts, rule.attribute))


def holds_of_target(rule: Rule, facts: Facts) -> bool:
    """Whether one rule holds of a line or a method: `items.product.id` is its `product.id`."""
    return _compare(rule, found(facts, target_path(rule.attribute)))


def target_path(attribute: str) -> str:
    """The path below the line or the method."""
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


def _compare(rule: Rule, values: list[str]) -> bool:
    match rule.operator:
        case "eq":
            return bool(values) and all(value in rule.values for value in values)
        case "in":
            return any(value in rule.values for value in values)
        case "ne":
            return not any(value in rule.values for value in values)
        case _:
            return _numbers_compare(rule, values or ["0"])


def _numbers_compare(rule: Rule, values: list[str]) -> bool:
    compare = _COMPARE[rule.operator]
    wanted = [number for value in rule.values if (number := _number(value)) is not None]
    return all(
        (number := _number(value)) is not None and any(compare(number, one) for one in wanted)
        for value in values
    )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
