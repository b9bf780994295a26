"""Locates a conflict reported by the database: which row of the request, and which existing row."""

import re
from typing import Any

import asyncpg

from merx.core.database import Database
from merx.core.errors import MerxError, Problem
from merx.core.shapes import is_dict, is_list

# How PostgreSQL writes booleans in an error's detail.
_FLAGS = {"t": "true", "f": "false"}
_DETAIL = re.compile(r"Key \((?P<names>.*?)\)=\((?P<values>.*)\)", re.DOTALL)
_NAME = re.compile(r"\w+", re.ASCII)


def key_of(error: asyncpg.PostgresError) -> dict[str, str]:
    """The columns and values named by the error of a violated constraint."""
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
    """The problem to report for a violated constraint."""
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
    """`create[17].sku`: the path of the last row with these values; otherwise the last column."""
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
    """The id of the live row with these values; None if it cannot be looked up by them."""
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
