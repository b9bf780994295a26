"""Turns staged rows into rows of their table; what the database would refuse is reported and
skipped.
"""

from collections.abc import Mapping, Sequence

from merx.operations.moving.differences import DIFFERENCES, Difference
from merx.operations.moving.layout import Column, Reference, Table
from merx.operations.moving.source import Connection

_SAME = Difference()


async def write_rows(
    target: Connection, table: Table, staged: Mapping[str, str], late: Sequence[Reference]
) -> int:
    """Write the rows of a table; returns how many. References in `late` stay empty for now."""
    difference = DIFFERENCES.get(table.name, _SAME)
    source = difference.source or table.name
    columns = [
        column
        for column in table.columns.values()
        if column.name in staged or column.name in difference.columns
    ]
    waiting = {one.column for one in late}
    values = [
        f'NULL::{one.type} AS "{one.name}"'
        if one.name in waiting
        else _value(one, difference, staged)
        for one in columns
    ]
    left = "deleted_at" in staged and "deleted_at" not in table.columns
    await target.execute(
        f"CREATE TEMP TABLE candidate ON COMMIT DROP AS SELECT {', '.join(values)}"
        f' FROM moving."{source}" s {"WHERE s.deleted_at IS NULL" if left else ""}'
    )
    await target.execute("ANALYZE candidate")
    await _refuse_unfit(target, table, {one.name for one in columns}, waiting)
    written = await _insert(target, table, [one.name for one in columns], difference)
    await _follow_sequences(target, table)
    return written


def _value(column: Column, difference: Difference, staged: Mapping[str, str]) -> str:
    """A column's value, converted to its type here."""
    if column.name in difference.columns:
        sql = f"({difference.columns[column.name]})"
    else:
        sql = f's."{column.name}"'
        # Through text, 0.1 stays 0.1.
        if staged[column.name] in ("real", "json") and column.type != staged[column.name]:
            sql += "::text"
    sql += f"::{column.type}"
    if column.is_required and column.default and "nextval" not in column.default:
        sql = f"coalesce({sql}, {column.default})"
    return f'{sql} AS "{column.name}"'


async def _refuse_unfit(
    target: Connection, table: Table, columns: set[str], waiting: set[str]
) -> None:
    for name in columns:
        if table.columns[name].is_required and name not in waiting:
            await _refuse(target, table, f'"{name}" IS NULL', f"has no {name}")
    for check in table.checks:
        if check.columns <= columns:
            unfit = f"({check.condition}) IS FALSE"
            await _refuse(
                target, table, unfit, f"violates the constraint {check.name}: {check.condition}"
            )
    for one in table.references:
        if one.column in columns and one.column not in waiting:
            await _settle_reference(target, table, one)


async def _settle_reference(target: Connection, table: Table, one: Reference) -> None:
    """A row whose parent is missing is skipped, or loses the reference if that is optional."""
    # Rows that refer to their own table are inserted together with their parents.
    parents = f'SELECT FROM public."{one.table}" p WHERE p."{one.key}" = c."{one.column}"'
    if one.table == table.name:
        parents += f' UNION ALL SELECT FROM candidate p WHERE p."{one.key}" = c."{one.column}"'
    missing = f'c."{one.column}" IS NOT NULL AND NOT EXISTS ({parents})'
    if table.columns[one.column].is_required:
        reason = f"its {one.column} names a {one.table} that does not exist"
        await _refuse(target, table, missing, reason)
        return
    reason = f"taken without {one.column}: it names a {one.table} that does not exist"
    await target.execute(
        f'WITH gone AS (UPDATE candidate c SET "{one.column}" = NULL WHERE {missing} RETURNING c.*)'
        f" INSERT INTO moving.refused SELECT $1, {_key(table)}, $2 FROM gone",
        table.name,
        reason,
    )


async def _refuse(target: Connection, table: Table, unfit: str, reason: str) -> None:
    await target.execute(
        f"WITH gone AS (DELETE FROM candidate c WHERE {unfit} RETURNING c.*)"
        f" INSERT INTO moving.refused SELECT $1, {_key(table)}, $2 FROM gone",
        table.name,
        reason,
    )


async def _insert(
    target: Connection, table: Table, names: list[str], difference: Difference
) -> int:
    """Insert the remaining rows. A row that a new shop already has is kept, or corrected."""
    listed = ", ".join(f'"{name}"' for name in names)
    same = " AND ".join(f't."{name}" = c."{name}"' for name in table.key)
    there = f'EXISTS (SELECT FROM public."{table.name}" t WHERE {same})'
    if difference.corrects:
        changes = ", ".join(f'"{name}" = c."{name}"' for name in names)
        await target.execute(
            f'UPDATE public."{table.name}" t SET {changes} FROM candidate c WHERE {same}'
        )
    await target.execute(f"DELETE FROM candidate c WHERE {there}")
    order = f"ORDER BY {difference.first}" if difference.first else ""
    await target.execute(
        f'INSERT INTO public."{table.name}" ({listed}) SELECT {listed} FROM candidate {order}'
        " ON CONFLICT DO NOTHING"
    )
    await _refuse(target, table, f"NOT {there}", "another row has the same unique values")
    return await target.fetchval("SELECT count(*) FROM candidate") or 0


def _key(table: Table) -> str:
    names = ", ".join(f'"{name}"' for name in table.key)
    return f"concat_ws(' ', {names})"


async def _follow_sequences(target: Connection, table: Table) -> None:
    """Set sequences past the numbers in use."""
    for column in table.columns.values():
        if column.default and column.default.startswith("nextval("):
            name = column.default.removeprefix("nextval(").partition("::")[0]
            await target.execute(
                f"SELECT setval({name}, greatest((SELECT max({column.name})"
                f' FROM public."{table.name}"), nextval({name})))'
            )


async def link_later(
    target: Connection, tables: Sequence[Table], later: Mapping[str, Sequence[Reference]]
) -> int:
    """Set the references between tables that refer to each other."""
    keys = {table.name: table.key[0] for table in tables}
    for name, references in later.items():
        for one in references:
            key = keys[name]
            await target.execute(
                f'UPDATE public."{name}" t SET "{one.column}" = s."{one.column}"'
                f' FROM moving."{name}" s JOIN public."{one.table}" p'
                f' ON p."{one.key}" = s."{one.column}" WHERE s."{key}" = t."{key}"'
            )
    return 0
