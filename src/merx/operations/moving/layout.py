"""The tables here, as the database describes them, in an order in which they can be filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from merx.core.database import Transaction


@dataclass(frozen=True, slots=True)
class Column:
    """A writable column."""

    name: str
    type: str
    default: str | None
    is_required: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key of one column."""

    column: str
    table: str
    key: str


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on the columns of a row."""

    name: str
    columns: frozenset[str]
    condition: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its primary key, and the constraints on its rows."""

    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    checks: tuple[Check, ...]


_COLUMNS = """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type,
  a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS written
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
  AND a.attgenerated = ''
ORDER BY c.relname, a.attnum"""
_NAMES = """(SELECT array_agg(a.attname::text ORDER BY k.place)
  FROM unnest({keys}) WITH ORDINALITY k(number, place)
  JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = k.number)"""
_CONSTRAINTS = f"""SELECT c.relname, o.contype::text AS kind, o.conname, f.relname AS target,
  {_NAMES.format(keys="o.conkey", table="o.conrelid")} AS columns,
  {_NAMES.format(keys="o.confkey", table="o.confrelid")} AS keys,
  pg_get_expr(o.conbin, o.conrelid) AS condition
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
LEFT JOIN pg_class f ON f.oid = o.confrelid
WHERE c.relnamespace = 'public'::regnamespace AND o.contype IN ('p', 'f', 'c')
  AND c.relkind = 'r' AND NOT c.relispartition
ORDER BY c.relname, o.conname"""


async def read_tables(tx: Transaction) -> dict[str, Table]:
    """All tables by name; the audit log, whose tables are of a month each, is none to move to."""
    columns: dict[str, dict[str, Column]] = {}
    for row in await tx.fetch(_COLUMNS):
        column = Column(row["attname"], row["type"], row["written"], row["attnotnull"])
        columns.setdefault(row["relname"], {})[row["attname"]] = column
    keys: dict[str, tuple[str, ...]] = {}
    references: dict[str, list[Reference]] = {name: [] for name in columns}
    checks: dict[str, list[Check]] = {name: [] for name in columns}
    for row in await tx.fetch(_CONSTRAINTS):
        table, names = row["relname"], row["columns"]
        if row["kind"] == "p":
            keys[table] = tuple(names)
        elif row["kind"] == "c":
            checks[table].append(Check(row["conname"], frozenset(names), row["condition"]))
        elif names[0] in columns[table]:
            references[table].append(Reference(names[0], row["target"], row["keys"][0]))
    return {
        name: Table(name, found, keys.get(name, ()), tuple(references[name]), tuple(checks[name]))
        for name, found in columns.items()
    }


def in_order(tables: Mapping[str, Table]) -> tuple[list[Table], dict[str, list[Reference]]]:
    """Tables after those they refer to; and the references to set later, because tables refer to
    each other in a cycle.
    """
    left = dict(tables)
    order: list[Table] = []
    later: dict[str, list[Reference]] = {}
    while left:
        ready = [one for one in left.values() if not _waiting(one, left)]
        if not ready:
            bound = next(one for one in left.values() if _can_wait(one, _waiting(one, left)))
            later[bound.name] = _waiting(bound, left)
            ready = [bound]
        for one in ready:
            order.append(one)
            del left[one.name]
    return order, later


def _waiting(table: Table, left: Mapping[str, Table]) -> list[Reference]:
    return [one for one in table.references if one.table in left and one.table != table.name]


def _can_wait(table: Table, references: Sequence[Reference]) -> bool:
    return not any(table.columns[one.column].is_required for one in references)
