"""Reads and writes rows of any audited table in the format of the audit log: as text."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Table

from merx.batch.types import column_type
from merx.core.database import Transaction
from merx.modules.audit.batches import Cells, Key


def is_soft(table: Table) -> bool:
    """Whether rows of the table are soft-deleted."""
    return "deleted_at" in table.columns


def unique_columns(table: Table) -> set[str]:
    """The columns that are unique among live rows."""
    unique = [index for index in table.indexes if index.unique and is_soft(table)]
    return {column.name for index in unique for column in index.columns}


async def lock_current(
    tx: Transaction, table: Table, keys: Sequence[Key], columns: Sequence[str]
) -> dict[Key, Cells]:
    """The present rows, including deleted ones, locked in key order until the end."""
    cells = ", ".join(f'row."{name}"::text' for name in columns)
    names = _key_names(table, columns)
    given = ", ".join(f"${place}::text[]" for place in range(1, len(names) + 1))
    same = " AND ".join(f'row."{name}" = given."{name}"' for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    records = await tx.fetch(
        f"SELECT ARRAY[{cells}] FROM unnest({given}) AS given({listed}) CROSS JOIN LATERAL ("
        f'SELECT * FROM "{table.name}" row WHERE {same} FOR UPDATE OFFSET 0) row',
        *_transposed(sorted(keys), len(names)),
    )
    rows = [dict(zip(columns, record[0], strict=True)) for record in records]
    return {tuple(row[name] or "" for name in names): row for row in rows}


async def insert_cells(tx: Transaction, table: Table, rows: Sequence[Cells]) -> None:
    """Insert rows."""
    if not rows:
        return
    names = _known(table, rows[0])
    listed = ", ".join(f'"{name}"' for name in names)
    await tx.execute(
        f'INSERT INTO "{table.name}" ({listed}) SELECT {_casts(table, names)}'
        f" FROM unnest({_arrays(names)}) AS given({listed})",
        *[[row[name] for row in rows] for name in names],
    )


async def update_cells(
    tx: Transaction, table: Table, rows: Mapping[str, Cells], names: Sequence[str]
) -> None:
    """Set the named columns of the rows by id."""
    names = [name for name in names if name in table.columns]
    if not rows or not names:
        return
    sets = [f'"{name}" = given."{name}"::{column_type(table.columns[name])}' for name in names]
    if "updated_at" in table.columns:
        sets.append("updated_at = now()")
    listed = ", ".join(f'"{name}"' for name in ("merx_row", *names))
    await tx.execute(
        f'UPDATE "{table.name}" row SET {", ".join(sets)}'
        f" FROM unnest({_arrays(('id', *names))}) AS given({listed}) WHERE row.id = given.merx_row",
        list(rows),
        *[[row[name] for row in rows.values()] for name in names],
    )


async def remove_cells(tx: Transaction, table: Table, rows: Sequence[Cells]) -> None:
    """Delete join rows."""
    if not rows:
        return
    names = _key_names(table, list(rows[0]))
    same = " AND ".join(f'row."{name}" = given."{name}"' for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    await tx.execute(
        f'DELETE FROM "{table.name}" row USING unnest({_arrays(names)}) AS given({listed})'
        f" WHERE {same}",
        *[[row[name] for row in rows] for name in names],
    )


def _known(table: Table, row: Cells) -> list[str]:
    """The columns that still exist in the table."""
    return [name for name in row if name in table.columns]


def _key_names(table: Table, columns: Sequence[str]) -> list[str]:
    return ["id"] if "id" in table.columns else list(columns)


def _arrays(names: Sequence[str]) -> str:
    return ", ".join(f"${place}::text[]" for place in range(1, len(names) + 1))


def _casts(table: Table, names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"::{column_type(table.columns[name])}' for name in names)


def _transposed(keys: Sequence[Key], width: int) -> list[list[str]]:
    return [[key[place] for key in keys] for place in range(width)]
