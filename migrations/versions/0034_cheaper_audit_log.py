"""audit log: deletions and ids cost less"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# As in 0030, which calls it first.
_TABLES: dict[str, tuple[str, ...]] = {
    "product": (),
    "product_type": (),
    "product_tag": (),
    "product_collection": (),
    "product_category": (),
    "product_option": (),
    "product_option_value": ("option_id",),
    "product_product_option": ("product_id",),
    "product_product_option_value": ("product_product_option_id",),
    "product_variant": ("product_id",),
    "image": ("product_id",),
    "product_variant_product_image": ("variant_id", "image_id"),
    "product_tags": ("product_id", "product_tag_id"),
    "product_category_product": ("product_id", "product_category_id"),
    "product_sales_channel": ("product_id", "sales_channel_id"),
    "product_shipping_profile": ("product_id",),
    "product_variant_inventory_item": ("variant_id", "inventory_item_id"),
    "price": ("price_set_id", "price_list_id"),
    "price_rule": ("price_id",),
    "price_list": (),
    "price_list_rule": ("price_list_id",),
    "price_preference": (),
    "inventory_item": (),
    "inventory_level": ("inventory_item_id", "location_id"),
}
_NOT_WRITTEN = {"inventory_level": ("reserved_quantity", "shortfall_quantity")}

# Writes the trigger function of a table, and its triggers, from the columns that the table has: a
# migration that changes the columns of an audited table calls it again. 0030 says how entries are made.
_AUDIT_TABLE = """
CREATE OR REPLACE FUNCTION audit_table(audited text, owners text[], left_out text[]) RETURNS void
LANGUAGE plpgsql AS $make$
DECLARE
  has_id boolean;
  has_deleted boolean;
  names text[];
  ids text;
  entry text;
  gone text;
  update_of text := '';
BEGIN
  SELECT bool_or(attname = 'id'), bool_or(attname = 'deleted_at'), array_agg(attname ORDER BY attnum)
  INTO has_id, has_deleted, names
  FROM pg_attribute
  WHERE attrelid = audited::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    AND attname NOT IN ('created_at', 'updated_at') AND attname <> ALL (left_out);
  SELECT concat_ws(' || ', CASE WHEN has_id THEN 'array_agg(r.id)' END, string_agg(format(
    'array_remove(array_agg(r.%1$I), NULL)', name), ' || '))
  INTO ids FROM unnest(owners) name;
  entry := format(
    'INSERT INTO audit_log (actor_type, actor_id, batch_id, request_id, entity, columns, action, ids,'
    ' row_count, before, after) SELECT split_part(who, '' '', 1), split_part(who, '' '', 2),'
    ' split_part(who, '' '', 3), nullif(split_part(who, '' '', 4), ''''), %L, %L::text[], %%s, %s,'
    ' count(*), %%s FROM %%s HAVING count(*) > 0;', audited, names, ids);
  gone := format(entry, '''delete''', format('array_agg(%s), NULL', audit_cells('r', names)), 'audit_old r');
  -- Rows without an id are links, which come and go.
  IF has_id THEN
    update_of := format(entry,
      $$CASE WHEN bool_and(r.is_gone) THEN 'delete' ELSE 'update' END$$,
      'array_agg(r.was), CASE WHEN NOT bool_and(r.is_gone) THEN array_agg(r.is_now) END',
      -- The rows of before and after are put together without a join: how sessions plan joins is
      -- none of this function's business.
      format('(SELECT id, %s max(was) AS was, max(is_now) AS is_now, bool_and(is_gone) AS is_gone'
             ' FROM (SELECT r.id, %s %s AS was, NULL::text[] AS is_now, %s AS is_gone FROM audit_old r'
             ' UNION ALL SELECT r.id, %s NULL, %s, %s FROM audit_new r) states'
             ' GROUP BY id HAVING max(was) IS DISTINCT FROM max(is_now)) r',
             (SELECT string_agg(format('max(%1$I) AS %1$I, ', name), '') FROM unnest(owners) name),
             (SELECT string_agg(format('r.%I, ', name), '') FROM unnest(owners) name),
             audit_cells('r', names), CASE WHEN has_deleted THEN 'r.deleted_at IS NULL' ELSE 'false' END,
             (SELECT string_agg(format('r.%I, ', name), '') FROM unnest(owners) name),
             audit_cells('r', names),
             CASE WHEN has_deleted THEN 'r.deleted_at IS NOT NULL' ELSE 'false' END));
    -- Of rows that went softly only what was there is written, so that is all that is looked at.
    IF has_deleted THEN
      update_of := format(
        'IF NOT EXISTS (SELECT FROM audit_new r WHERE r.deleted_at IS NULL)'
        ' AND NOT EXISTS (SELECT FROM audit_old r WHERE r.deleted_at IS NOT NULL) THEN %s ELSE %s END IF;',
        gone, update_of);
    END IF;
    update_of := 'ELSE ' || update_of;
  END IF;
  EXECUTE format($function$
    CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE who text := coalesce(current_setting('merx.audit', true), '');
    BEGIN
      IF who = 'off' THEN RETURN NULL; END IF;
      IF who = '' THEN
        who := format('database %%s tx_%%s', replace(session_user, ' ', '-'), pg_current_xact_id());
      END IF;
      IF TG_OP = 'INSERT' THEN %s
      ELSIF TG_OP = 'DELETE' THEN %s
      %s
      END IF;
      RETURN NULL;
    END $$ $function$,
    'audit_' || audited,
    format(entry, '''create''', format('NULL, array_agg(%s)', audit_cells('r', names)), 'audit_new r'),
    gone, update_of);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_insert AFTER INSERT ON %I REFERENCING'
    ' NEW TABLE AS audit_new FOR EACH STATEMENT EXECUTE FUNCTION %I()', audited, 'audit_' || audited);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_delete AFTER DELETE ON %I REFERENCING'
    ' OLD TABLE AS audit_old FOR EACH STATEMENT EXECUTE FUNCTION %I()', audited, 'audit_' || audited);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_update AFTER UPDATE ON %I REFERENCING'
    ' OLD TABLE AS audit_old NEW TABLE AS audit_new FOR EACH STATEMENT EXECUTE FUNCTION %I()',
    audited, 'audit_' || audited);
END $make$"""

# A month whose rows are in the rest already takes them along.
_MAKE_MONTH = """
CREATE OR REPLACE FUNCTION make_audit_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text := 'audit_log_' || to_char(month, 'YYYYMM');
  since timestamptz := month::timestamp AT TIME ZONE 'UTC';
  until timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
    ' INCLUDING STORAGE)', name);
  EXECUTE format('WITH moved AS (DELETE FROM audit_log_rest WHERE created_at >= %L'
    ' AND created_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved', since, until, name);
  EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                 name, since, until);
END $$"""

# Random text, which takes a third of the time of an entry of many rows to compress.
_PLAIN_IDS = "ALTER TABLE audit_log ALTER COLUMN ids SET STORAGE EXTERNAL"


def upgrade() -> None:
    op.execute(_PLAIN_IDS)
    op.execute(_MAKE_MONTH)
    op.execute(_AUDIT_TABLE)
    for table, owners in _TABLES.items():
        names = ", ".join(
            f"ARRAY[{', '.join(map(repr, columns))}]::text[]"
            for columns in (owners, _NOT_WRITTEN.get(table, ()))
        )
        op.execute(f"SELECT audit_table('{table}', {names})")
