"""The reference's words for bodies and queries that break their schema.

`Invalid request: Field 'title' is required; Unrecognized fields: 'foo'`: at most the first three
issues stand in the message; our list `errors` names them all, by path.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from merx.core.errors import InvalidData, Problem
from merx.core.shapes import is_list

_SHOWN = 3
_EXPECTED = {
    "string_type": "string",
    "float_type": "number",
    "int_type": "number",
    "number_type": "number",
    "whole_type": "int",
    "list_type": "array",
    "dict_type": "record",
    "date_type": "date",
    "model_type": "object",
    "model_attributes_type": "object",
    "bool_type": "boolean",
    "flag_type": "boolean, string",
}


def invalid_request(errors: Iterable[Any], skip: int = 1) -> InvalidData:
    """The error for what Pydantic found; `skip` drops the leading part of each location."""
    problems: list[Problem] = []
    unknown: dict[tuple[str | int, ...], tuple[Problem, list[str]]] = {}
    for error in errors:
        location: tuple[str | int, ...] = tuple(error["loc"][skip:])
        if error["type"] == "extra_forbidden":
            _add_unknown(problems, unknown, location)
            continue
        if error["type"] == "rule" and error["ctx"]["field"]:
            location = (*location, error["ctx"]["field"])
        problems.append({"path": dotted(location), "message": _issue(error, location)})
    return invalid(problems)


def _add_unknown(
    problems: list[Problem],
    unknown: dict[tuple[str | int, ...], tuple[Problem, list[str]]],
    location: tuple[str | int, ...],
) -> None:
    """Note an unknown key; those of one object stand in one sentence, where the first was met."""
    if location[:-1] not in unknown:
        problem: Problem = {"path": dotted(location)}
        problems.append(problem)
        unknown[location[:-1]] = (problem, [])
    problem, names = unknown[location[:-1]]
    names.append(str(location[-1]))
    problem["message"] = f"Unrecognized fields: '{', '.join(names)}'"


def invalid(problems: Sequence[Problem]) -> InvalidData:
    """The error for problems with a request."""
    shown = "; ".join(problem.get("message", "") for problem in problems[:_SHOWN])
    return InvalidData(f"Invalid request: {shown}", problems=problems)


def dotted(location: Sequence[str | int]) -> str:
    """A location as our `errors` write it: `create[17].sku`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def got(value: Any) -> str:
    """A value as JavaScript's `String(value)` writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if is_list(value):
        return ",".join("" if item is None else got(item) for item in value)
    if isinstance(value, dict):
        return "[object Object]"
    return str(value)


def _issue(error: Any, location: tuple[str | int, ...]) -> str:
    kind: str = error["type"]
    field = ", ".join(str(part) for part in location)
    through_list = any(isinstance(part, int) for part in location)
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
