"""`INSERT … SELECT FROM unnest(…)`: an array per column, so that rows do not change the text.

Several tables go in one statement: PostgreSQL checks foreign keys when the statement ends, so
parents and children may stand side by side, and one round trip carries them all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import FromClause

from merx.batch.types import array_type, has_default, is_json, json_text
from merx.core.database import Transaction

Row = Mapping[str, Any]

_MANY = 20


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows for one table; all rows have the keys of the first, columns left out take defaults.

    With `skip_conflicts` rows that break a unique index are left out instead of failing the
    statement. `returning` names the column whose inserted values come back.
    """

    table: FromClause
    rows: Sequence[Row]
    skip_conflicts: bool = False
    returning: str = ""


async def insert_rows(tx: Transaction, table: FromClause, rows: Sequence[Row]) -> None:
    """Insert rows into one table in one statement; no statement for no rows."""
    await insert_all(tx, Insert(table, rows))


async def insert_all(tx: Transaction, *inserts: Insert) -> list[list[Any]]:
    """Insert into several tables in one statement; for each insert the returned values.

    Raises what asyncpg raises when a constraint is broken: `web/failures.py` has the words.
    """
    filled = [insert for insert in inserts if insert.rows]
    if not filled:
        return [[] for _ in inserts]
    columns = [_columns(one) for one in filled]
    shapes = tuple(
        (one.table, tuple(names), one.skip_conflicts, one.returning)
        for one, names in zip(filled, columns, strict=True)
    )
    values = [values for names in columns for values in names.values()]
    record = await tx.fetchrow(_text(shapes), *values)
    assert record is not None
    returned = iter(record)
    return [(next(returned) or []) if insert.rows else [] for insert in inserts]


def _columns(insert: Insert) -> dict[str, list[Any]]:
    """The values by column. Of many rows, columns without any value are left out: encoding them
    would take a third of the time. Few rows keep all columns, so that their text stays one."""
    columns = {name: _values(insert, name) for name in insert.rows[0]}
    if len(insert.rows) < _MANY:
        return columns
    known = insert.table.columns
    return {
        name: values
        for name, values in columns.items()
        if has_default(known[name]) or any(value is not None for value in values)
    }


def _values(insert: Insert, name: str) -> list[Any]:
    values = [row[name] for row in insert.rows]
    if not is_json(insert.table.columns[name]):
        return values
    # As text: the driver would take a list among them for a further dimension of the array.
    return [None if value is None else json_text(value) for value in values]


@lru_cache(maxsize=500)
def _text(shapes: tuple[tuple[FromClause, tuple[str, ...], bool, str], ...]) -> str:
    parts: list[str] = []
    results: list[str] = []
    place = 0
    for number, (table, names, skips, returning) in enumerate(shapes):
        arrays: list[str] = []
        for name in names:
            place += 1
            arrays.append(f"${place}::{array_type(table.columns[name])}")
        columns = ", ".join(f'"{name}"' for name in names)
        text = f'INSERT INTO "{table}" ({columns}) SELECT * FROM unnest({", ".join(arrays)})'
        text += " ON CONFLICT DO NOTHING" if skips else ""
        text += f' RETURNING "{returning}" AS value' if returning else ""
        parts.append(f"i{number} AS ({text})")
        results.append(f"(SELECT array_agg(value) FROM i{number})" if returning else "NULL")
    return f"WITH {', '.join(parts)} SELECT {', '.join(results)}"
