"""Cells of a file as values, and escaping against formulas in spreadsheets."""

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from merx.workflows.imports.drafts import Fault, Faults, Row, Value

# Spreadsheets evaluate cells that begin like this; a number may begin with a sign.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_LONGEST_SHOWN = 100


def escaped(text: str) -> str:
    """A text that no spreadsheet evaluates; `unescaped` reverses it."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unescaped(text: str) -> str:
    """The original text of an escaped cell."""
    return text[1:] if _ESCAPED.match(text) else text


class Unfit(Exception):
    """A cell that does not match its column's type; the message says what is expected."""


def as_text(cell: str) -> str:
    """Any text."""
    return unescaped(cell)


def as_number(cell: str) -> Decimal:
    """An exact number."""
    try:
        number = Decimal(cell.strip())
    except InvalidOperation:
        raise Unfit("a number") from None
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise Unfit("a number")
    return number


def as_measure(cell: str) -> float:
    """A length or a weight."""
    return float(as_number(cell))


def as_amount(cell: str) -> Decimal:
    """An amount of money or a quantity."""
    number = as_number(cell)
    if number < 0:
        raise Unfit("a number of at least 0")
    return number


def as_whole(cell: str) -> int:
    """A whole number."""
    number = as_number(cell)
    if number != number.to_integral_value() or abs(number) >= 2**31:
        raise Unfit("a whole number")
    return int(number)


def as_flag(cell: str) -> bool:
    """A boolean."""
    found = cell.strip().lower()
    if found not in ("true", "false"):
        raise Unfit("true or false")
    return found == "true"


def as_object(cell: str) -> dict[str, object]:
    """A JSON object."""
    found = as_json(cell, float)
    if not isinstance(found, dict):
        raise Unfit("a JSON object")
    return found  # pyright: ignore[reportUnknownVariableType]


def as_json(cell: str, number: Callable[[str], object] = Decimal) -> object:
    """JSON; decimal numbers stay exact unless another type is asked for."""
    try:
        return json.loads(cell, parse_float=number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unfit("JSON") from None


def _no_number(name: str) -> object:
    raise ValueError(name)


STATUSES = ("draft", "proposed", "published", "rejected")


def as_status(cell: str) -> str:
    """The status of a product."""
    found = cell.strip().lower()
    if found not in STATUSES:
        raise Unfit(f"one of {', '.join(STATUSES)}")
    return found


Kind = Callable[[str], Value]


def read_cell(row: Row, column: str, cell: str, kind: Kind, faults: Faults) -> Value:
    """The value of a non-empty cell; None, and a fault, if it has the wrong type."""
    try:
        return kind(cell)
    except Unfit as unfit:
        faults.add(misfit(row, column, cell, str(unfit)))
        return None


def misfit(row: Row, column: str, cell: str, expected: str) -> Fault:
    """The reference's message for it."""
    shown = cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}…"
    message = (
        f'Row {row.number}: Invalid value provided for "{column.lower()}".'
        f' Expected value to be {expected}, received "{shown}"'
    )
    return Fault(row.line, column, message)
