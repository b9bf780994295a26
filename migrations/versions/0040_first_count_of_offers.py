"""first count of offers"""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# What is there and what the triggers of 0039 have counted since are seen at one moment, so nobody
# has to wait, and what changes meanwhile counts itself.
FIRST_COUNT = """
INSERT INTO list_count (list, delta)
SELECT list, sum(change) FROM (
  SELECT 'store_product:' || l.sales_channel_id AS list, 1 AS change
  FROM product_sales_channel l JOIN product p ON p.id = l.product_id
  WHERE p.status = 'published' AND p.deleted_at IS NULL
  UNION ALL
  SELECT list, -delta FROM list_count WHERE starts_with(list, 'store_product:')) changes
GROUP BY list HAVING sum(change) <> 0"""


def upgrade() -> None:
    op.execute(FIRST_COUNT)
