"""The reference's messages for bodies and queries that violate their schema.

`Invalid request: Field 'title' is required; Unrecognized fields: 'foo'`: the message has at most
the first three issues; our list `errors` names them all, by path.

Of a wrong value inside a list, and of a body that is a list, the reference says that it is missing.
The message keeps its words; `errors` tells what is wrong.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from merx.core.errors import InvalidData, Problem
from merx.core.shapes import is_list

# Limits on reported problems and quoted characters: an answer must not grow with the request.
MOST_PROBLEMS = 100
_LONGEST_VALUE = 200
_SHOWN = 3
_EXPECTED = {
    "string_type": "string",
    "float_type": "number",
    "int_type": "number",
    "number_type": "number",
    "whole_type": "int",
    "list_type": "array",
    "dict_type": "record",
    "model_type": "object",
    "model_attributes_type": "object",
    "bool_type": "boolean",
    "date_type": "date",
    "flag_type": "boolean, string",
}
_WANTED = {
    "string": "a string",
    "number": "a number",
    "int": "a whole number",
    "array": "a list",
    "record": "an object",
    "object": "an object",
    "boolean": "true or false",
    "date": "a date",
    "boolean, string": "true or false",
}


def invalid_request(
    errors: Iterable[Any], skip: int = 1, *, unlisted: int = 0, unknown_more: int = 0
) -> InvalidData:
    """The error for what Pydantic found; `skip` drops the leading part of each location.

    There are `unlisted` further errors, and `unknown_more` further unknown keys of the body.
    """
    problems: list[Problem] = []
    issues: dict[int, str] = {}
    unknown: dict[tuple[str | int, ...], tuple[Problem, list[str]]] = {}
    for error in errors:
        location: tuple[str | int, ...] = tuple(error["loc"][skip:])
        if error["type"] == "extra_forbidden":
            _add_unknown(problems, unknown, location)
            continue
        if error["type"] == "rule" and error["ctx"]["field"]:
            location = (*location, error["ctx"]["field"])
        told = _neither if error["type"] == "neither" else _issue
        issue = issues[len(problems)] = told(error, location)
        problems.append(
            {
                "path": dotted(location),
                "code": _code(error["type"]),
                "message": _clear(error, location) or issue,
            }
        )
    for at, (problem, names) in unknown.items():
        problem["message"] = unrecognized(names, 0 if at else unknown_more)
    return invalid(problems, unlisted, issues)


def unrecognized(names: Sequence[str], more: int = 0) -> str:
    """The message for unknown keys of an object, and `more` of them; only the first are named."""
    told = ", ".join(map(shortened, names[:MOST_PROBLEMS]))
    more += max(0, len(names) - MOST_PROBLEMS)
    return f"Unrecognized fields: '{told}'" + (f" and {more} more" if more else "")


def _add_unknown(
    problems: list[Problem],
    unknown: dict[tuple[str | int, ...], tuple[Problem, list[str]]],
    location: tuple[str | int, ...],
) -> None:
    """Record an unknown key; those of one object share a sentence, at the position of the first."""
    if location[:-1] not in unknown:
        problem: Problem = {"path": dotted(location), "code": "unknown_field"}
        problems.append(problem)
        unknown[location[:-1]] = (problem, [])
    unknown[location[:-1]][1].append(str(location[-1]))


def invalid(
    problems: Sequence[Problem], unlisted: int = 0, issues: Mapping[int, str] | None = None
) -> InvalidData:
    """The error for problems with a request; `issues` are those, by their place, that its message
    puts into other words.
    """
    words = issues or {}
    shown = "; ".join(
        words.get(place, problem.get("message", ""))
        for place, problem in enumerate(problems[:_SHOWN])
    )
    return InvalidData(f"Invalid request: {shown}", problems=problems, unlisted=unlisted)


def dotted(location: Sequence[str | int]) -> str:
    """A location as written in our `errors`: `create[17].sku`."""
    text = ""
    for part in location:
        word = f"[{part}]" if isinstance(part, int) else shortened(part)
        text += f".{word}" if text and not isinstance(part, int) else word
    return text


def shortened(text: str) -> str:
    """A text from a request, shortened for an answer."""
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def got(value: Any) -> str:
    """A value as JavaScript's `String(value)` writes it; only the beginning of a long one."""
    return shortened(_as_text(value, _LONGEST_VALUE + 1))


def _as_text(value: Any, most: int) -> str:
    """The text of a value, computed only as far as `most` characters need."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if is_list(value):
        text = ""
        for place, item in enumerate(value):
            if len(text) >= most:
                break
            text += ("," if place else "") + ("" if item is None else _as_text(item, most))
        return text
    if isinstance(value, dict):
        return "[object Object]"
    return str(value)


def _code(kind: str) -> str:
    if kind == "missing":
        return "required"
    if kind in ("too_small", "too_big"):
        return kind
    return "wrong_type" if kind in _EXPECTED or kind == "neither" else "invalid"


def _field(location: tuple[str | int, ...]) -> str:
    return ", ".join(shortened(str(part)) for part in location)


def _is_in_list(location: tuple[str | int, ...]) -> bool:
    return any(isinstance(part, int) for part in location)


def _clear(error: Any, location: tuple[str | int, ...]) -> str:
    """What is wrong with a value, where the reference says something else; otherwise ""."""
    kind: str = error["type"]
    if not location and kind in _EXPECTED:
        return f"The body must be {_WANTED[_EXPECTED[kind]]}, not {_value(error['input'])}"
    if kind != "flag" and not _is_in_list(location):
        return ""
    field = _field(location)
    if kind == "enum":
        return f"Field '{field}' must be one of: {error['ctx']['expected']}"
    wanted = "true or false" if kind == "flag" else _WANTED.get(_EXPECTED.get(kind, ""))
    return f"Field '{field}' must be {wanted}, not {_value(error['input'])}" if wanted else ""


def _value(value: Any) -> str:
    if is_list(value):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return f"'{got(value)}'" if isinstance(value, str) else got(value)


def _issue(error: Any, location: tuple[str | int, ...]) -> str:
    kind: str = error["type"]
    field = _field(location)
    through_list = _is_in_list(location)
    if kind == "missing":
        return f"Field '{field}' is required"
    if kind == "flag":
        return "Invalid input"
    if kind == "sentence":
        return error["msg"]
    if kind == "enum" and not through_list:
        wanted = error["ctx"]["expected"]
        return f"Expected: '{wanted}' for field '{field}', but got: '{got(error['input'])}'"
    if kind in _EXPECTED or kind == "enum":
        if through_list or not location:
            return f"Field '{field}' is required"
        return (
            f"Expected type: '{_EXPECTED[kind]}' for field '{field}', got: '{got(error['input'])}'"
        )
    if kind == "too_small":
        least = error["ctx"]["least"]
        return f"Value for field '{field}' too small, expected at least: '{least}'"
    if kind == "too_big":
        most = error["ctx"]["most"]
        return f"Value for field '{field}' too big, expected at most: '{most}'"
    if kind == "rule":
        return f"Field '{field}' {error['ctx']['rule']}"
    return f"Field '{field}': {error['msg']}"


def _neither(error: Any, location: tuple[str | int, ...]) -> str:
    """The reference tells at once all that keeps a value from being an object or an id, with the
    place of the first.
    """
    wrong = [one for one in error["ctx"]["errors"] if one["type"] in _EXPECTED]
    kinds = ", ".join([*(_EXPECTED[one["type"]] for one in wrong), "string"])
    first = wrong[0] if wrong else {"loc": (), "input": error["input"]}
    field = _field((*location, *first["loc"]))
    return f"Expected type: '{kinds}' for field '{field}', got: '{got(first['input'])}'"
