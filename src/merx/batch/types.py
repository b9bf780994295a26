"""The PostgreSQL type of a column, for casts of values and of arrays."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()


@lru_cache(maxsize=2000)
def column_type(column: ColumnElement[Any]) -> str:
    """The type's name: `text`, `numeric`, `timestamp with time zone`, …"""
    return column.type.compile(dialect=_DIALECT).lower()


def value_type(column: ColumnElement[Any]) -> str:
    """The cast of a single value of the column; JSON is sent as text."""
    return "text::jsonb" if is_json(column) else column_type(column)


def given_array(column: ColumnElement[Any], place: int) -> str:
    """The array of the column's values, from what `sent_array` makes of them."""
    if is_json(column):
        return f"${place}::text[]::jsonb[]"
    return given_numbers(place) if is_number(column) else f"${place}::{column_type(column)}[]"


def sent_array(column: ColumnElement[Any], values: list[Any]) -> list[Any] | str:
    """What is sent for an array of the column's values."""
    if is_json(column):
        # As text: the driver would take lists in the array for further dimensions.
        return [None if value is None else json_text(value) for value in values]
    return sent_numbers(values) if is_number(column) else values


def given_numbers(place: int) -> str:
    """An array of exact numbers, from what `sent_numbers` makes of them."""
    return f"string_to_array(${place}::text, ',', 'null')::numeric[]"


def sent_numbers(values: Sequence[Any]) -> str:
    """Exact numbers as one text: the driver takes five times as long to encode them one by one."""
    return ",".join(["null" if value is None else str(value) for value in values])


def is_json(column: ColumnElement[Any]) -> bool:
    """Whether the column holds JSON."""
    return column_type(column) == "jsonb"


def is_number(column: ColumnElement[Any]) -> bool:
    """Whether the column holds exact numbers."""
    return column_type(column) == "numeric"


def has_default(column: ColumnElement[Any]) -> bool:
    """Whether the database fills the column when it is omitted."""
    return getattr(column, "server_default", None) is not None


def json_text(value: Any) -> str:
    """JSON as text; numbers it cannot hold exactly become strings."""
    return orjson.dumps(value, default=str).decode()
