"""prices: make two live ones that mean the same impossible"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


# As `rules_key` in merx/modules/pricing/prices.py makes it.
FILL = """
UPDATE price SET rules_key = given.rules_key
FROM (
  SELECT price_id,
    encode(sha256(convert_to(string_agg(rule, E'\\x1e' ORDER BY rule COLLATE "C"), 'UTF8')), 'hex')
      AS rules_key
  FROM (
    SELECT price_id, concat_ws(E'\\x1f', attribute, operator, value) AS rule
    FROM price_rule WHERE deleted_at IS NULL) one
  GROUP BY price_id) given
WHERE price.id = given.price_id"""

# Of prices that mean the same the one that was written last stays.
DROP = """
WITH gone AS (
  UPDATE price SET deleted_at = now(), updated_at = now()
  FROM (
    SELECT id, row_number() OVER (
      PARTITION BY price_set_id, currency_code, price_list_id, min_quantity, max_quantity, rules_key
      ORDER BY updated_at DESC, id DESC) AS place
    FROM price WHERE deleted_at IS NULL) ranked
  WHERE price.id = ranked.id AND ranked.place > 1 RETURNING price.id)
UPDATE price_rule rule SET deleted_at = now(), updated_at = now()
FROM gone WHERE rule.price_id = gone.id AND rule.deleted_at IS NULL"""


def upgrade() -> None:
    op.add_column(
        "price", sa.Column("rules_key", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.execute(FILL)
    op.execute(DROP)
    op.create_index(
        "uq_price_same",
        "price",
        [
            "price_set_id",
            "currency_code",
            "price_list_id",
            "min_quantity",
            "max_quantity",
            "rules_key",
        ],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL AND price_set_id IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )
