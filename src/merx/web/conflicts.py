"""Locates a conflict reported by the database: which row of the request, and which existing row."""

import re
from collections.abc import Iterator
from typing import Any

import asyncpg

from merx.core.database import Database
from merx.core.errors import MerxError, Problem, below
from merx.core.schema import references
from merx.core.shapes import Document, is_dict, is_list

# How PostgreSQL writes booleans in an error's detail.
_FLAGS = {"t": "true", "f": "false"}
# The words around it depend on the language of the server.
_DETAIL = re.compile(r"\((?P<names>.*?)\)=\((?P<values>.*)\)", re.DOTALL)
_BETWEEN_NAMES = re.compile(r", (?![^(]*\))")
_FOLDED = re.compile(r"\w+\((\w+)\)", re.ASCII)
_NAME = re.compile(r"\w+", re.ASCII)
_COMMA = ", "


def key_of(error: asyncpg.PostgresError, body: Any = None) -> dict[str, str]:
    """The columns and values named by the error of a violated constraint.

    The server separates values by commas and does not quote them. Where values hold commas, the
    text can be read in several ways; then they are those of a row of the body. Empty if the text
    does not tell them.
    """
    found = _DETAIL.search(getattr(error, "detail", None) or "")
    if found is None:
        return {}
    names = [_column(name) for name in _BETWEEN_NAMES.split(found["names"])]
    values = _read(names, found["values"], references(str(getattr(error, "table_name", ""))))
    values = values or _given(names, found["values"], body) or ()
    return {name: _shown(name, value) for name, value in zip(names, values, strict=False)}


def _column(name: str) -> str:
    """The column of a key, or of an expression like `lower(email)`."""
    folded = _FOLDED.fullmatch(name)
    return folded[1] if folded else name.strip('"')


def _shown(name: str, value: str) -> str:
    return _FLAGS.get(value, value) if _is_flag(name) else value


def _is_flag(name: str) -> bool:
    return name.startswith(("has_", "is_"))


def _read(names: list[str], text: str, ids: frozenset[str]) -> list[str] | None:
    """The values, if the text can be read in one way only; ids and flags hold no commas."""
    parts = text.split(_COMMA)
    more = len(parts) - len(names)
    if not more:
        return parts
    free = [place for place, name in enumerate(names) if name not in ids and not _is_flag(name)]
    if more < 0 or len(free) != 1:
        return None
    start, end = free[0], free[0] + more + 1
    return [*parts[:start], _COMMA.join(parts[start:end]), *parts[end:]]


def _given(names: list[str], text: str, body: Any) -> tuple[str, ...] | None:
    """The values of the only row of the body that the text can mean."""
    rows = [row for _, row in _rows_of(body) if all(name in row for name in names)]
    told = {tuple(_text(row[name]) for name in names) for row in rows}
    found = {values for values in told if _COMMA.join(values) == text}
    return found.pop() if len(found) == 1 else None


def _text(value: Any) -> str:
    """A value of a body as the server writes it."""
    return str(value)[0].lower() if isinstance(value, bool) else str(value)


def _rows_of(body: Any) -> Iterator[tuple[str, Document]]:
    """The rows of a body by their paths: itself, and those of its lists."""
    if not is_dict(body):
        return
    yield "", body
    for name, some in body.items():
        for place, row in enumerate(some if is_list(some) else ()):
            if is_dict(row):
                yield f"{name}[{place}]", row


async def find_conflict(
    database: Database, error: asyncpg.PostgresError, known: MerxError, body: Any
) -> list[Problem]:
    """The problem to report for a violated constraint."""
    values = key_of(error, body)
    is_taken = isinstance(error, asyncpg.UniqueViolationError)
    if not values or not (is_taken or isinstance(error, asyncpg.ForeignKeyViolationError)):
        return []
    problem = Problem(
        path=_path_of(body, values),
        code="taken" if is_taken else "not_found",
        message=known.message,
    )
    other = await _holder(database, str(getattr(error, "table_name", "")), values)
    if is_taken and other is not None:
        problem["conflicting_id"] = other
    return [problem]


def _path_of(body: Any, values: dict[str, str]) -> str:
    """`create[17].sku`: the path of the last row with these values; otherwise the last column."""
    last = list(values)[-1]
    found = [below(path, last) for path, row in _rows_of(body) if _has(row, values)]
    return found[-1] if found else last


def _has(row: Document, values: dict[str, str]) -> bool:
    given = [name for name in values if name in row]
    return bool(given) and all(_shown(name, _text(row[name])) == values[name] for name in given)


async def _holder(database: Database, table: str, values: dict[str, str]) -> str | None:
    """The id of the live row with these values; None if it cannot be looked up by them."""
    if not all(map(_NAME.fullmatch, (table, *values))):
        return None
    flags = {name: value == "true" for name, value in values.items() if _is_flag(name)}
    having = " AND ".join(f'"{name}" = ${place}' for place, name in enumerate(values, start=1))
    async with database.read() as connection:
        try:
            found = await connection.fetchval(
                f'SELECT id FROM "{table}" WHERE {having} AND deleted_at IS NULL',
                *(values | flags).values(),
            )
        except (asyncpg.PostgresError, asyncpg.DataError):
            return None
    return found if isinstance(found, str) else None
