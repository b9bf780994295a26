"""list counts, audit log: changes of many rows cost less"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

# Their rows are deleted by the hundred in one statement, and the audit log keeps the rows of its
# updates anyway. Customers and orders change one by one: there a row trigger costs less.
_TABLES = ("product", "product_variant", "inventory_item")

# As in 0028, but for updates, which are of many rows now.
_FUNCTION = """
CREATE OR REPLACE FUNCTION count_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  change bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT count(*) INTO change FROM new_rows WHERE deleted_at IS NULL;
  ELSIF TG_OP = 'UPDATE' THEN
    SELECT (SELECT count(*) FROM new_rows WHERE deleted_at IS NULL)
      - (SELECT count(*) FROM old_rows WHERE deleted_at IS NULL) INTO change;
  ELSIF TG_OP = 'DELETE' THEN
    SELECT -count(*) INTO change FROM old_rows WHERE deleted_at IS NULL;
  ELSE
    SELECT -coalesce(sum(delta), 0) INTO change FROM list_count WHERE list = '{table}';
  END IF;
  IF change <> 0 THEN
    INSERT INTO list_count (list, delta) VALUES ('{table}', change);
  END IF;
  RETURN NULL;
END $$"""

_TRIGGER = """
CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON {table}
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION count_{table}()"""

# To compress the rows of an entry took longer than all else about it. LZ4 takes next to nothing;
# a server that was built without it keeps them as they are.
_COMPRESSION = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_settings
             WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    ALTER TABLE audit_log ALTER COLUMN before SET COMPRESSION lz4,
      ALTER COLUMN after SET COMPRESSION lz4;
  ELSE
    ALTER TABLE audit_log ALTER COLUMN before SET STORAGE EXTERNAL,
      ALTER COLUMN after SET STORAGE EXTERNAL;
  END IF;
END $$"""

# As in 0034, and months compress like the whole.
_MAKE_MONTH = """
CREATE OR REPLACE FUNCTION make_audit_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text := 'audit_log_' || to_char(month, 'YYYYMM');
  since timestamptz := month::timestamp AT TIME ZONE 'UTC';
  until timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
    ' INCLUDING STORAGE INCLUDING COMPRESSION)', name);
  EXECUTE format('WITH moved AS (DELETE FROM audit_log_rest WHERE created_at >= %L'
    ' AND created_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved', since, until, name);
  EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                 name, since, until);
END $$"""


def upgrade() -> None:
    for table in _TABLES:
        op.execute(_FUNCTION.format(table=table))
        # A trigger for rows does not become one for statements.
        op.execute(f"DROP TRIGGER count_updated ON {table}")
        op.execute(_TRIGGER.format(table=table))
    op.execute(_COMPRESSION)
    op.execute(_MAKE_MONTH)
