"""`INSERT … SELECT FROM unnest(…)`: one array per column, so the SQL text does not depend on the
number of rows. A single row is sent as `VALUES (…)`: without arrays it takes a third less on both
sides.

Several tables can go in one statement, which saves round trips: PostgreSQL checks foreign keys at
the end of the statement, so parents and children may be inserted together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import FromClause

from merx.batch.changes import SoftDelete, Update, soft_delete_text, update_text
from merx.batch.types import given_array, has_default, is_json, json_text, sent_array, value_type
from merx.core.database import Transaction

# The columns of a row, by name.
Row = Mapping[str, Any]

_MANY = 20


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows for one table. All rows have the keys of the first; omitted columns take their defaults.

    With `skip_conflicts`, rows that violate a unique index are left out instead of failing the
    statement. `returning` names the column whose inserted values are returned.
    """

    table: FromClause
    rows: Sequence[Row]
    skip_conflicts: bool = False
    returning: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """A change in SQL of its own, made in the same statement as inserts; `{0}`, `{1}` and so on
    stand for the values.
    """

    text: str
    values: Sequence[Any]


async def insert_rows(tx: Transaction, table: FromClause, rows: Sequence[Row]) -> None:
    """Insert rows into one table in one statement; without rows, nothing is executed."""
    await insert_all(tx, Insert(table, rows))


async def insert_all(
    tx: Transaction,
    *inserts: Insert,
    updates: Sequence[Update] = (),
    deletes: Sequence[SoftDelete] = (),
    others: Sequence[Raw] = (),
) -> list[list[Any]]:
    """Insert into several tables in one statement; the returned values of each insert.

    `updates`, `deletes` and `others` are made in the same statement and only touch rows that
    existed before it, each row once. Raises what asyncpg raises for a violated constraint;
    `web/error_answers.py` has the messages.
    """
    filled = [insert for insert in inserts if insert.rows]
    changed = [update for update in updates if update.patches]
    gone = [delete for delete in deletes if delete.ids]
    if not (filled or changed or gone or others):
        return [[] for _ in inserts]
    columns = [_columns(one) for one in filled]
    shapes = tuple(
        _Shape(one.table, tuple(names), one.skip_conflicts, one.returning, len(one.rows) == 1)
        for one, names in zip(filled, columns, strict=True)
    )
    values = [value for names in columns for value in names.values()]
    values += [value for update in changed for value in update.values()]
    values += [delete.ids for delete in gone]
    values += [value for other in others for value in other.values]
    patched = tuple((update.table, update.names, update.is_single) for update in changed)
    dropped = tuple((delete.table, delete.by) for delete in gone)
    raw = tuple((other.text, len(other.values)) for other in others)
    record = await tx.fetchrow(_text(shapes, patched, dropped, raw), *values)
    assert record is not None
    returned = iter(record)
    return [(next(returned) or []) if insert.rows else [] for insert in inserts]


def _columns(insert: Insert) -> Row:
    """What is sent for each column: the value of a single row, an array of those of several.

    Columns without any value are dropped when there are many rows, since encoding them would take a
    third of the time. With few rows they are kept, so that there is one SQL text to prepare.
    """
    rows, kinds = insert.rows, _kinds(insert.table, tuple(insert.rows[0]))
    if len(rows) == 1:
        return {kind.name: _single(rows[0][kind.name], kind) for kind in kinds}
    columns = {kind: [row[kind.name] for row in rows] for kind in kinds}
    return {
        kind.name: sent_array(insert.table.columns[kind.name], values)
        for kind, values in columns.items()
        if len(rows) < _MANY or kind.has_default or any(value is not None for value in values)
    }


class _Kind(NamedTuple):
    """What decides how a column's values are encoded."""

    name: str
    is_json: bool
    has_default: bool


@lru_cache(maxsize=500)
def _kinds(table: FromClause, names: tuple[str, ...]) -> tuple[_Kind, ...]:
    columns = table.columns
    return tuple(_Kind(name, is_json(columns[name]), has_default(columns[name])) for name in names)


def _single(value: Any, kind: _Kind) -> Any:
    return value if value is None or not kind.is_json else json_text(value)


class _Shape(NamedTuple):
    """What decides the SQL text of an insert."""

    table: FromClause
    names: tuple[str, ...]
    skips: bool
    returning: str
    is_single: bool

    def text(self, first: int) -> str:
        """The INSERT, with its placeholders from `first` on."""
        kinds = [self.table.columns[name] for name in self.names]
        given = ", ".join(
            f"${place}::{value_type(kind)}" if self.is_single else given_array(kind, place)
            for place, kind in enumerate(kinds, first)
        )
        columns = ", ".join(f'"{name}"' for name in self.names)
        source = f"VALUES ({given})" if self.is_single else f"SELECT * FROM unnest({given})"
        text = f'INSERT INTO "{self.table}" ({columns}) {source}'
        text += " ON CONFLICT DO NOTHING" if self.skips else ""
        return text + (f' RETURNING "{self.returning}" AS value' if self.returning else "")


@lru_cache(maxsize=500)
def _text(
    shapes: tuple[_Shape, ...],
    patched: tuple[tuple[FromClause, tuple[str, ...], bool], ...],
    dropped: tuple[tuple[FromClause, str], ...],
    raw: tuple[tuple[str, int], ...],
) -> str:
    parts: list[str] = []
    results: list[str] = []
    place = 1
    for number, shape in enumerate(shapes):
        parts.append(f"i{number} AS ({shape.text(place)})")
        place += len(shape.names)
        told = f"(SELECT array_agg(value) FROM i{number})" if shape.returning else "NULL"
        results.append(told)
    for number, (table, names, is_single) in enumerate(patched):
        text = update_text(table, names, first=place, is_single=is_single)
        parts.append(f"u{number} AS ({text})")
        place += 1 + len(names)
    for number, (table, by) in enumerate(dropped):
        parts.append(f"d{number} AS ({soft_delete_text(table, by, first=place)})")
        place += 1
    for number, (text, count) in enumerate(raw):
        parts.append(f"r{number} AS ({text.format(*(f'${place + one}' for one in range(count)))})")
        place += count
    return f"WITH {', '.join(parts)} SELECT {', '.join(results)}"
