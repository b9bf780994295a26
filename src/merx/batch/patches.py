"""Change a row as a client asks: omitted columns keep their value, metadata is merged by key."""

from sqlalchemy import FromClause

from merx.batch.changes import Patch, update_rows
from merx.core.database import Transaction
from merx.core.metadata import merge_metadata
from merx.core.shapes import Json


async def patch_row(tx: Transaction, table: FromClause, row_id: str, patch: Patch) -> bool:
    """Change the given columns of a live row; False if it does not exist."""
    given = patch.get("metadata")
    if given is not None:
        # Locked until the end, so of two clients merging at once neither loses the other's keys.
        record = await tx.fetchrow(
            f'SELECT metadata FROM "{table}" WHERE id = $1 AND deleted_at IS NULL'
            " FOR NO KEY UPDATE",
            row_id,
        )
        if record is None:
            return False
        present: Json = record["metadata"] or {}
        # `{}` clears a product's metadata but changes nothing here, as on the reference.
        patch = {**patch, "metadata": merge_metadata(present, given) if given else present}
    return bool(await update_rows(tx, table, {row_id: patch}))
