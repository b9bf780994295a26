"""A conflict that only the database sees: which row of the request, and which other row."""

import re
from typing import Any

import asyncpg

from merx.core.database import Database
from merx.core.errors import MerxError, Problem
from merx.core.shapes import is_dict, is_list

# As PostgreSQL shows booleans in a detail.
_FLAGS = {"t": "true", "f": "false"}
_DETAIL = re.compile(r"Key \((?P<names>.*?)\)=\((?P<values>.*)\)", re.DOTALL)
_NAME = re.compile(r"\w+", re.ASCII)


def key_of(error: asyncpg.PostgresError) -> dict[str, str]:
    """The columns and values that a broken constraint names."""
    found = _DETAIL.search(getattr(error, "detail", None) or "")
    if found is None:
        return {}
    names = found["names"].split(", ")
    values = found["values"].split(", ", len(names) - 1)
    return {
        name.strip('"'): _FLAGS.get(value, value) if name.startswith(("has_", "is_")) else value
        for name, value in zip(names, values, strict=False)
    }


async def find_conflict(
    database: Database, error: asyncpg.PostgresError, known: MerxError, rows: Any
) -> list[Problem]:
    """The problem that a broken constraint is for its request."""
    values = key_of(error)
    is_taken = isinstance(error, asyncpg.UniqueViolationError)
    if not values or not (is_taken or isinstance(error, asyncpg.ForeignKeyViolationError)):
        return []
    problem = Problem(
        path=_path_of(rows, values),
        code="taken" if is_taken else "not_found",
        message=known.message,
    )
    other = await _holder(database, str(getattr(error, "table_name", "")), values)
    if is_taken and other is not None:
        problem["conflicting_id"] = other
    return [problem]


def _path_of(rows: Any, values: dict[str, str]) -> str:
    """`create[17].sku`: the place of the last row that has the values; else the last column."""
    last = list(values)[-1]
    lists = rows.items() if is_dict(rows) else ()
    found = [
        f"{name}[{place}].{last}"
        for name, some in lists
        if is_list(some)
        for place, row in enumerate(some)
        if is_dict(row) and _has(row, values)
    ]
    return found[-1] if found else last


def _has(row: dict[str, Any], values: dict[str, str]) -> bool:
    given = [name for name in values if name in row]
    return bool(given) and all(str(row[name]) == values[name] for name in given)


async def _holder(database: Database, table: str, values: dict[str, str]) -> str | None:
    """The id of the live row that has the values; None where it cannot be looked up by them."""
    if not all(map(_NAME.fullmatch, (table, *values))):
        return None
    having = " AND ".join(f'"{name}" = ${place}' for place, name in enumerate(values, start=1))
    async with database.read() as connection:
        try:
            found = await connection.fetchval(
                f'SELECT id FROM "{table}" WHERE {having} AND deleted_at IS NULL', *values.values()
            )
        except (asyncpg.PostgresError, asyncpg.DataError):
            return None
    return found if isinstance(found, str) else None
