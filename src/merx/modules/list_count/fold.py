"""Sum up the counts of lists, so that reading them stays quick."""

from merx.core.database import Transaction

# One statement: whoever reads meanwhile sees the parts or their sum. Of two jobs each takes some.
_FOLD = """
WITH parts AS (
  DELETE FROM list_count WHERE id IN (SELECT id FROM list_count FOR UPDATE SKIP LOCKED)
  RETURNING list, delta)
INSERT INTO list_count (list, delta)
SELECT list, sum(delta) FROM parts GROUP BY list HAVING sum(delta) <> 0"""


async def fold_counts(tx: Transaction) -> None:
    """Replace the changes of each list by their sum."""
    await tx.execute(_FOLD)
