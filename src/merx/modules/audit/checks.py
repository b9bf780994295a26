"""Checks after a revert that foreign keys cannot make, because deletion is soft."""

from collections.abc import Mapping, Sequence, Set

from sqlalchemy import ForeignKeyConstraint, Table

from merx.core.database import Transaction
from merx.core.errors import Conflict, Problem, refuse
from merx.core.schema import Base
from merx.modules.audit.rows import is_soft

# These may refer to deleted rows.
_KEEPING = ("cart", "order", "return", "exchange", "claim", "inventory_movement")


async def refuse_orphans(
    tx: Transaction, joined: Mapping[str, Sequence[str]], removed: Mapping[str, Sequence[str]]
) -> None:
    """Refuse live rows with a deleted parent: rows that were restored or moved (`joined`), and
    children of rows that were removed (`removed`). One statement for each foreign key.

    Raises Conflict naming them.
    """
    problems: list[Problem] = []
    for child, constraint in _references(joined.keys(), removed.keys()):
        parent = constraint.referred_table
        [column] = constraint.column_keys
        records = await tx.fetch(
            f'SELECT child.id, child."{column}" AS parent FROM "{child.name}" child'
            f' JOIN "{parent.name}" parent ON parent.id = child."{column}"'
            f" WHERE child.id = ANY($1::text[]) AND child.deleted_at IS NULL"
            f" AND parent.deleted_at IS NOT NULL"
            f' UNION SELECT child.id, child."{column}" FROM "{child.name}" child'
            f' WHERE child."{column}" = ANY($2::text[]) AND child.deleted_at IS NULL ORDER BY 1',
            list(joined.get(child.name, ())),
            list(removed.get(parent.name, ())),
        )
        problems += [
            Problem(
                path=f"{child.name}.{record['id']}.{column}",
                code="conflict",
                message=f"{child.name} {record['id']} needs {parent.name} {record['parent']},"
                " which is deleted or would be",
            )
            for record in records
        ]
    refuse(problems, Conflict)


def _references(joined: Set[str], removed: Set[str]) -> list[tuple[Table, ForeignKeyConstraint]]:
    # A cart may contain a deleted variant, as after any other deletion.
    tables = [
        table
        for table in Base.metadata.sorted_tables
        if is_soft(table) and "id" in table.columns and not table.name.startswith(_KEEPING)
    ]
    return [
        (table, constraint)
        for table in tables
        for constraint in table.foreign_key_constraints
        if len(constraint.column_keys) == 1
        and is_soft(constraint.referred_table)
        and "id" in constraint.referred_table.columns
        and (table.name in joined or constraint.referred_table.name in removed)
    ]
