"""counts of offers"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_OFFERED = "{row}.status = 'published' AND {row}.deleted_at IS NULL"
_COUNT = "INSERT INTO list_count (list, delta) SELECT 'store_product:' || l.sales_channel_id"
# Whoever links a product waits for whoever publishes it, and the other way round: each then sees
# what the other has done. A product that is inserted has no links yet, and one whose row is deleted
# has none any more: the foreign key sees to both. `OFFSET 0` keeps what is asked of a product from
# deciding whether it is locked.
_FUNCTIONS = (
    f"""
CREATE FUNCTION count_offers_of_links() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign bigint := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM list_count WHERE starts_with(list, 'store_product:');
    RETURN NULL;
  END IF;
  {_COUNT}, sign * count(*)
  FROM (SELECT * FROM changed_links ORDER BY product_id) l CROSS JOIN LATERAL (
    SELECT p.status, p.deleted_at FROM product p WHERE p.id = l.product_id OFFSET 0 FOR SHARE) p
  WHERE {_OFFERED.format(row="p")} GROUP BY l.sales_channel_id;
  RETURN NULL;
END $$""",
    f"""
CREATE FUNCTION count_offers_of_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_COUNT}, CASE WHEN {_OFFERED.format(row="NEW")} THEN 1 ELSE -1 END
  FROM product_sales_channel l WHERE l.product_id = NEW.id;
  RETURN NULL;
END $$""",
)
_TRIGGERS = (
    """CREATE TRIGGER count_offers_inserted AFTER INSERT ON product_sales_channel
REFERENCING NEW TABLE AS changed_links FOR EACH STATEMENT
EXECUTE FUNCTION count_offers_of_links()""",
    """CREATE TRIGGER count_offers_deleted AFTER DELETE ON product_sales_channel
REFERENCING OLD TABLE AS changed_links FOR EACH STATEMENT
EXECUTE FUNCTION count_offers_of_links()""",
    """CREATE TRIGGER count_offers_truncated AFTER TRUNCATE ON product_sales_channel
FOR EACH STATEMENT EXECUTE FUNCTION count_offers_of_links()""",
    f"""CREATE TRIGGER count_offers AFTER UPDATE ON product FOR EACH ROW
WHEN (({_OFFERED.format(row="OLD")}) <> ({_OFFERED.format(row="NEW")}))
EXECUTE FUNCTION count_offers_of_product()""",
)


def upgrade() -> None:
    for text in (*_FUNCTIONS, *_TRIGGERS):
        op.execute(text)
