"""list counts"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# Lists that get long, and which rows of the table are in them.
_LISTS = {
    "product": "{row}deleted_at IS NULL",
    "product_variant": "{row}deleted_at IS NULL",
    "inventory_item": "{row}deleted_at IS NULL",
    "customer": "{row}deleted_at IS NULL",
    "order": "{row}deleted_at IS NULL AND NOT {row}is_draft_order",
}

# Rows come and go by the thousand in one statement; a row that is deleted softly is one change.
_FUNCTION = """
CREATE FUNCTION count_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  change bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT count(*) INTO change FROM new_rows WHERE {plain};
  ELSIF TG_OP = 'DELETE' THEN
    SELECT -count(*) INTO change FROM old_rows WHERE {plain};
  ELSIF TG_OP = 'TRUNCATE' THEN
    SELECT -coalesce(sum(delta), 0) INTO change FROM list_count WHERE list = '{table}';
  ELSIF {new} THEN
    change := 1;
  ELSE
    change := -1;
  END IF;
  IF change <> 0 THEN
    INSERT INTO list_count (list, delta) VALUES ('{table}', change);
  END IF;
  RETURN NULL;
END $$"""

_TRIGGERS = (
    """CREATE TRIGGER count_inserted AFTER INSERT ON "{table}"
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_{table}()""",
    """CREATE TRIGGER count_deleted AFTER DELETE ON "{table}"
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_{table}()""",
    """CREATE TRIGGER count_truncated AFTER TRUNCATE ON "{table}"
FOR EACH STATEMENT EXECUTE FUNCTION count_{table}()""",
    """CREATE TRIGGER count_updated AFTER UPDATE ON "{table}"
FOR EACH ROW WHEN (({old}) <> ({new})) EXECUTE FUNCTION count_{table}()""",
    """INSERT INTO list_count (list, delta)
SELECT '{table}', count(*) FROM "{table}" WHERE {plain} HAVING count(*) > 0""",
)


def upgrade() -> None:
    op.create_table(
        "list_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_count")),
    )
    op.create_index("ix_list_count_list", "list_count", ["list"], postgresql_include=["delta"])
    for table, rows in _LISTS.items():
        words = {
            "table": table,
            "plain": rows.format(row=""),
            "new": rows.format(row="NEW."),
            "old": rows.format(row="OLD."),
        }
        for text in (_FUNCTION, *_TRIGGERS):
            op.execute(text.format(**words))
