"""The filters of lists.

A resource declares its filters by name; the declaration also produces the OpenAPI parameters.
`filter_values` reads a request's values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from merx.core.clock import parse_time

Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: the path it compares and the values it takes.

    `lists` allows several values, `scalar` a single one, `operators` objects such as `{$gt: …}`.
    `choices` limits the values. `parse` turns a text into the value to compare with, given the
    `sign`.
    """

    path: tuple[str, ...]
    expected: str
    schema: Mapping[str, Any]
    parse: Parse = str
    scalar: bool = True
    lists: bool = True
    operators: bool = False
    choices: tuple[str, ...] = ()
    sign: Literal["=", ">=", "<=", ">", "<"] = "="


@dataclass(frozen=True, slots=True)
class Nested:
    """Filters on related rows: `variants[sku]=…`; `plain` is the path that a bare value is compared
    with.
    """

    relation: str
    filters: Mapping[str, "Filter | Nested"]
    plain: Filter | None = None


Filters = Mapping[str, Filter | Nested]


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("Invalid input")
    return text.lower() == "true"


def _time(text: str) -> Any:
    moment = parse_time(text)
    if moment is None:
        raise ValueError(f"'{text}' is not a date or time")
    return moment


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("number") from error
    if not number.is_finite():
        raise ValueError("number")
    return number


_TEXT = {"type": "string"}


def _path(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def texts(path: str) -> Filter:
    """One text or a list of texts."""
    schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
    return Filter(_path(path), "string, array", schema)


def folded(path: str) -> Filter:
    """One text or a list of texts, in any case, for a column that holds lower case only."""
    schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
    return Filter(_path(path), "string, array", schema, str.lower)


def text(path: str) -> Filter:
    """One text."""
    return Filter(_path(path), "string", _TEXT, lists=False)


def words(path: str) -> Filter:
    """One text, a list of texts or an object of operators."""
    schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, {"type": "object"}]}
    return Filter(_path(path), "string, array, object", schema, operators=True)


def list_of(path: str, choices: tuple[str, ...] = ()) -> Filter:
    """A list of texts, optionally from a fixed set."""
    items = {"type": "string", "enum": list(choices)} if choices else _TEXT
    schema = {"type": "array", "items": items}
    return Filter(_path(path), "array", schema, scalar=False, choices=choices)


def choice(path: str, choices: tuple[str, ...]) -> Filter:
    """One text from a fixed set."""
    schema = {"type": "string", "enum": list(choices)}
    return Filter(_path(path), "string", schema, lists=False, choices=choices)


def boolean(path: str) -> Filter:
    """`true` or `false`."""
    return Filter(_path(path), "boolean, string", {"type": "boolean"}, _boolean, lists=False)


def times(path: str) -> Filter:
    """A time, a list of times or an object of operators."""
    schema = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "object"}]}
    return Filter(_path(path), "string", schema, _time, operators=True)


def numbers(path: str) -> Filter:
    """A number, a list of numbers or an object of operators."""
    schema = {"anyOf": [{"type": "number"}, {"type": "object"}]}
    return Filter(_path(path), "object", schema, _number, operators=True)


def bounds(path: str) -> dict[str, "Filter | Nested"]:
    """`gte`, `lt` and so on, with or without the `$`: bounds of a number."""
    signs: dict[str, Literal[">=", "<=", ">", "<"]] = {
        "gte": ">=", "lte": "<=", "gt": ">", "lt": "<",
    }  # fmt: skip
    number = Filter(_path(path), "number", {"type": "number"}, _number, lists=False)
    return {
        f"{dollar}{name}": replace(number, sign=sign)
        for name, sign in signs.items()
        for dollar in ("", "$")
    }


def counts(path: str) -> Filter:
    """A list of numbers."""
    schema = {"type": "array", "items": {"type": "number"}}
    return Filter(_path(path), "array", schema, _number, scalar=False)
