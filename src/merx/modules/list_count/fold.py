"""Folds the count changes of each list into one row, so that reading the count stays fast."""

from merx.core.database import Transaction

# One statement, so a concurrent reader sees either the parts or the sum. Two concurrent jobs each
# take some of the rows.
_FOLD = """
WITH parts AS (
  DELETE FROM list_count WHERE id IN (SELECT id FROM list_count FOR UPDATE SKIP LOCKED)
  RETURNING list, delta)
INSERT INTO list_count (list, delta)
SELECT list, sum(delta) FROM parts GROUP BY list HAVING sum(delta) <> 0"""


async def fold_counts(tx: Transaction) -> None:
    """Replace the changes of each list by their sum."""
    await tx.execute(_FOLD)
