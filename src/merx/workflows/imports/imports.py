"""Imports of products: requested, confirmed, continued, finished.

The file and its progress are one row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from merx.batch import insert_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import Conflict, NotFound
from merx.core.ids import new_id
from merx.modules.product_import.models import ProductImport
from merx.outbox import emit
from merx.workflows.imports.drafts import Faults
from merx.workflows.imports.reading import Source
from merx.workflows.stock.exports import tell

CONFIRMED = "product-import.confirmed"
TITLE = "Product import"

_FIND = """
SELECT id, file_key, file_name, state, done, to_create + to_update AS total FROM product_import """

_FORGET = """
WITH gone AS (
  DELETE FROM product_import WHERE state = 'waiting' AND created_at < now() - $1::interval
  RETURNING file_key)
SELECT array_agg(DISTINCT g.file_key) FROM gone g
WHERE g.file_key IS NOT NULL AND NOT EXISTS (SELECT FROM product_import i
  WHERE i.file_key = g.file_key AND i.state <> 'waiting')"""


@dataclass(frozen=True, slots=True)
class Import:
    """An import and its progress."""

    id: str
    file_key: str | None
    file_name: str
    state: str
    done: int
    total: int


async def request_import(
    tx: Transaction,
    source: Source,
    *,
    file_name: str,
    file_key: str | None = None,
    digest: str | None = None,
    state: str = "waiting",
) -> str:
    """Store an import of a file that was read; returns its id."""
    import_id = new_id("auto").replace("_", "-")
    row: dict[str, Any] = {
        "id": import_id,
        "file_key": file_key,
        "file_name": file_name,
        "digest": digest,
        "state": state,
        "to_create": source.to_create,
        "to_update": source.to_update,
        "created_by": acting.get(),
    }
    await insert_rows(tx, ProductImport.__table__, [row])
    return import_id


async def confirm_import(tx: Transaction, import_id: str) -> None:
    """Start an import after the request. NotFound if none is waiting for confirmation."""
    changed = await tx.fetchval(
        "UPDATE product_import SET state = 'confirmed', updated_at = now()"
        " WHERE id = $1 AND state = 'waiting' RETURNING id",
        import_id,
    )
    if changed is None:
        raise NotFound(f"Transaction {import_id} could not be found.")
    await emit(tx, CONFIRMED, [import_id])


async def find_imports(tx: Transaction, ids: Sequence[str]) -> list[Import]:
    """Imports that are confirmed and not finished."""
    records = await tx.fetch(
        _FIND + "WHERE id = ANY($1::text[]) AND state IN ('confirmed', 'running') ORDER BY id",
        list(ids),
    )
    return [Import(*record) for record in records]


async def forget_unconfirmed(tx: Transaction, *, older_than: timedelta) -> list[str]:
    """Delete imports that were not confirmed.

    Returns the keys of files that no other import uses.
    """
    keys = await tx.fetchval(_FORGET, older_than)
    return keys or []


async def find_begun(tx: Transaction, digest: str) -> Import | None:
    """An interrupted import of the same file with the same options."""
    record = await tx.fetchrow(
        _FIND + "WHERE digest = $1 AND state = 'running' ORDER BY id DESC LIMIT 1", digest
    )
    return Import(*record) if record else None


async def advance(tx: Transaction, import_id: str, *, after: int, by: int) -> None:
    """Record the progress, in the transaction that writes the products.

    Raises Conflict if another process has continued the same import.
    """
    changed = await tx.fetchval(
        "UPDATE product_import SET state = 'running', done = $2 + $3, updated_at = now()"
        " WHERE id = $1 AND done = $2 AND state IN ('confirmed', 'running') RETURNING id",
        import_id,
        after,
        by,
    )
    if changed is None:
        raise Conflict(f"Import {import_id} is being written by another process")


async def end_import(tx: Transaction, asked: Import, faults: Faults, done: int) -> None:
    """Record how the import ended, and notify the admins."""
    problems = faults.problems()
    await tx.execute(
        "UPDATE product_import SET state = $2, errors = $3, error_count = $4, ended_at = now(),"
        " updated_at = now() WHERE id = $1",
        asked.id,
        "failed" if problems else "done",
        problems or None,
        faults.count,
    )
    if not problems:
        words = f"Product import of file {asked.file_name} completed successfully!"
        await tell(tx, asked.id, TITLE, {"description": words})
        return
    words = f"Failed to import products from file {asked.file_name}"
    told = {"errors": problems, "error_count": faults.count, "written": done}
    await tell(tx, asked.id, TITLE, {"description": words, **told})
