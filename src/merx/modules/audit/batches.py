"""The changes of a batch: for each row its first state before and its last state after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import NotFound

# The columns of a row as PostgreSQL writes them.
Cells = Mapping[str, str | None]
# The key of a row: its id, or all columns of a join row without one.
Key = tuple[str, ...]

_BATCH = "SELECT batch_id FROM audit_log WHERE id = $1"
# Serializes reverts of the same batch: the second one sees what the first has done.
_TURN = "SELECT pg_advisory_xact_lock(7261955, hashtext($1))"
_ENTRIES = """
SELECT entity, columns, before, after FROM audit_log WHERE batch_id = $1 ORDER BY id"""


@dataclass(slots=True)
class RowChange:
    """A row that a batch changed; None stands for a row that does not exist or is soft-deleted."""

    key: Key
    before: Cells | None
    after: Cells | None


async def load_batch(tx: Transaction, entry_id: str) -> tuple[str, dict[str, list[RowChange]]]:
    """The batch that an entry belongs to, and its changes by entity; locked against other reverts
    until the end of the transaction.

    Raises NotFound for an unknown entry.
    """
    batch_id = await tx.fetchval(_BATCH, entry_id)
    if batch_id is None:
        raise NotFound(f"Audit log entry with id: {entry_id} was not found")
    await tx.execute(_TURN, batch_id)
    found: dict[str, dict[Key, RowChange]] = {}
    for record in await tx.fetch(_ENTRIES, batch_id):
        rows = found.setdefault(record["entity"], {})
        for before, after in _states(record):
            key = _key(before or after or {})
            known = rows.setdefault(key, RowChange(key, _live(before), None))
            known.after = _live(after)
    changed = {
        entity: [row for row in rows.values() if row.before != row.after]
        for entity, rows in found.items()
    }
    return batch_id, {entity: rows for entity, rows in changed.items() if rows}


def _states(record: Any) -> list[tuple[Cells | None, Cells | None]]:
    columns: list[str] = record["columns"]
    before = [dict(zip(columns, row, strict=True)) for row in record["before"] or ()]
    after = [dict(zip(columns, row, strict=True)) for row in record["after"] or ()]
    nothing: Sequence[None] = [None] * max(len(before), len(after))
    return list(zip(before or nothing, after or nothing, strict=True))


def _key(cells: Cells) -> Key:
    own = cells.get("id")
    return (own,) if own is not None else tuple(value or "" for value in cells.values())


def _live(cells: Cells | None) -> Cells | None:
    return None if cells is None or cells.get("deleted_at") is not None else cells
