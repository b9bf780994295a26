"""The PostgreSQL type of a column, for casts of values and of arrays."""

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


def array_type(column: ColumnElement[Any]) -> str:
    """The cast of an array of the column's values; JSON is sent as text."""
    return "text[]::jsonb[]" if is_json(column) else f"{column_type(column)}[]"


def is_json(column: ColumnElement[Any]) -> bool:
    """Whether the column holds JSON."""
    return column_type(column) == "jsonb"


def has_default(column: ColumnElement[Any]) -> bool:
    """Whether the database fills the column when it is omitted."""
    return getattr(column, "server_default", None) is not None


def json_text(value: Any) -> str:
    """JSON as text; numbers it cannot hold exactly become strings."""
    return orjson.dumps(value, default=str).decode()
