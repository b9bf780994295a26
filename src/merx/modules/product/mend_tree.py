"""Puts the tree of categories right after rows were set as they once were.

Paths follow from parents, and ranks count up, whatever was added, moved or removed meanwhile.
"""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import Conflict, Problem, refuse

# From the topmost of the given categories down. A parent may be below its own child by now.
_BRANCHES = """
WITH RECURSIVE branch AS (
  SELECT c.id, coalesce(p.mpath || '.', '') || c.id AS mpath
  FROM unnest($1::text[]) AS given(id) JOIN product_category c ON c.id = given.id
  LEFT JOIN product_category p ON p.id = c.parent_category_id
  WHERE c.deleted_at IS NULL AND (p.id IS NULL OR p.id <> ALL($1::text[]))
  UNION ALL
  SELECT c.id, branch.mpath || '.' || c.id FROM branch
  JOIN product_category c ON c.parent_category_id = branch.id AND c.deleted_at IS NULL)
CYCLE id SET is_cycle USING steps"""
_CYCLES = f"{_BRANCHES} SELECT DISTINCT id FROM branch WHERE is_cycle ORDER BY id"
_PATHS = f"""{_BRANCHES}
UPDATE product_category c SET mpath = branch.mpath, updated_at = now() FROM branch
WHERE c.id = branch.id AND c.mpath <> branch.mpath"""

_RANKS = """
WITH parents AS (
  SELECT DISTINCT parent_category_id AS id FROM product_category WHERE id = ANY($1::text[])),
ordered AS (
  SELECT c.id, row_number() OVER (PARTITION BY c.parent_category_id
                                  ORDER BY c.rank, c.id <> ALL($1::text[]), c.id) - 1 AS rank
  FROM parents JOIN product_category c ON c.parent_category_id IS NOT DISTINCT FROM parents.id
  WHERE c.deleted_at IS NULL)
UPDATE product_category c SET rank = ordered.rank, updated_at = now() FROM ordered
WHERE c.id = ordered.id AND c.rank <> ordered.rank"""


async def mend_tree(tx: Transaction, ids: Sequence[str]) -> None:
    """Write the paths of the categories and of all below them, and the ranks beside them; the
    caller holds the tree.

    Raises Conflict for a category that would be below itself.
    """
    cycles = [record[0] for record in await tx.fetch(_CYCLES, ids)]
    problems: list[Problem] = [
        {
            "path": f"product_category.{one}.parent_category_id",
            "code": "conflict",
            "message": f"product_category {one} would be below itself",
        }
        for one in cycles
    ]
    refuse(problems, Conflict)
    await tx.execute(_PATHS, ids)
    await tx.execute(_RANKS, ids)
