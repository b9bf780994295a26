"""audit log"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# The audited tables, with the columns that name what a row belongs to.
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
# What is reserved changes with each order and stands in the stock ledger.
_NOT_WRITTEN = {"inventory_level": ("reserved_quantity", "shortfall_quantity")}

# Writes the trigger function of a table, and its triggers, from the columns that the table has: a
# migration that changes the columns of an audited table calls it again.
#
# Each statement makes one entry. `columns` names what each row of `before` and `after` holds, as the
# text of its type: arrays of text cost a fourth of json, and say exactly what was there. Rows that came have
# no `before`, rows that went no `after`. `merx.audit` says who changes, "type id batch request", or
# "off"; whoever works on the tables without it is named by the role of the database.
_AUDIT_TABLE = """
CREATE FUNCTION audit_table(audited text, owners text[], left_out text[]) RETURNS void
LANGUAGE plpgsql AS $make$
DECLARE
  has_id boolean;
  has_deleted boolean;
  names text[];
  ids text;
  entry text;
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
  -- Rows without an id are links, which come and go.
  IF has_id THEN
    update_of := 'ELSE ' || format(entry,
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
    format(entry, '''delete''', format('array_agg(%s), NULL', audit_cells('r', names)), 'audit_old r'),
    update_of);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_insert AFTER INSERT ON %I REFERENCING'
    ' NEW TABLE AS audit_new FOR EACH STATEMENT EXECUTE FUNCTION %I()', audited, 'audit_' || audited);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_delete AFTER DELETE ON %I REFERENCING'
    ' OLD TABLE AS audit_old FOR EACH STATEMENT EXECUTE FUNCTION %I()', audited, 'audit_' || audited);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_update AFTER UPDATE ON %I REFERENCING'
    ' OLD TABLE AS audit_old NEW TABLE AS audit_new FOR EACH STATEMENT EXECUTE FUNCTION %I()',
    audited, 'audit_' || audited);
END $make$"""

_CELLS = """
CREATE FUNCTION audit_cells(alias text, names text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format('ARRAY[%s]', string_agg(format('%s.%I::text', alias, name), ', ' ORDER BY place))
  FROM unnest(names) WITH ORDINALITY AS column_of (name, place) $$"""

# The rows of an entry, each with the fields that differ, as JSON has them.
_CHANGES = """
CREATE FUNCTION audit_changes(audited text, columns text[], before text[], after text[]) RETURNS json
LANGUAGE sql STABLE SET enable_hashjoin = on AS $$
  SELECT coalesce(json_agg(json_build_object('id', id, 'fields', coalesce(fields, '[]')) ORDER BY place), '[]')
  FROM (
    SELECT place, coalesce(min(coalesce(was, is_now)) FILTER (WHERE name = 'id'),
                           string_agg(coalesce(was, is_now), ',' ORDER BY name)) AS id,
      json_agg(json_build_object('path', name, 'from', audit_value(was, kind),
                                 'to', audit_value(is_now, kind)) ORDER BY name)
        FILTER (WHERE was IS DISTINCT FROM is_now) AS fields
    FROM (
      SELECT (number - 1) / cardinality(columns) AS place,
        columns[(number - 1) % cardinality(columns) + 1] AS name, was, is_now
      FROM unnest(before, after) WITH ORDINALITY AS cell (was, is_now, number)) cells
    LEFT JOIN (SELECT attname, format_type(atttypid, NULL) AS kind FROM pg_attribute
               WHERE attrelid = to_regclass(quote_ident(audited)) AND attnum > 0) types
      ON attname = name
    GROUP BY place) listed $$"""

_VALUE = """
CREATE FUNCTION audit_value(content text, kind text) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN kind IN ('boolean', 'json', 'jsonb') THEN content::json
    WHEN kind IN ('integer', 'bigint', 'numeric', 'double precision') AND content ~ '^-?[0-9]'
    THEN content::json
    WHEN kind = 'timestamp with time zone' THEN to_json(content::timestamptz)
    ELSE to_json(content) END $$"""

# A month whose rows are in the rest already takes them along.
_MAKE_MONTH = """
CREATE FUNCTION make_audit_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text := 'audit_log_' || to_char(month, 'YYYYMM');
  since timestamptz := month::timestamp AT TIME ZONE 'UTC';
  until timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
  EXECUTE format('WITH moved AS (DELETE FROM audit_log_rest WHERE created_at >= %L'
    ' AND created_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved', since, until, name);
  EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                 name, since, until);
END $$"""


# In the order of what was done. Planned as if it stood in the statement itself.
_ID = """
CREATE FUNCTION audit_log_id() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT 'audlog_' || lpad(to_hex(nextval('audit_log_number')), 16, '0') $$"""


def upgrade() -> None:
    op.execute("CREATE SEQUENCE audit_log_number")
    op.execute(_ID)
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Text(), server_default=sa.text("audit_log_id()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("actor_type", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("before", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("after", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.CheckConstraint(
            "action IN ('create', 'update', 'delete')", name=op.f("ck_audit_log_action")
        ),
        sa.PrimaryKeyConstraint("id", "created_at", name=op.f("pk_audit_log")),
        postgresql_partition_by="RANGE (created_at)",
    )
    op.create_index("ix_audit_log_batch_id", "audit_log", ["batch_id"])
    op.create_index("ix_audit_log_ids", "audit_log", ["ids"], postgresql_using="gin")
    # What no month is made for yet: nobody's change may fail for want of one.
    op.execute("CREATE TABLE audit_log_rest PARTITION OF audit_log DEFAULT")
    for text in (_CELLS, _AUDIT_TABLE, _VALUE, _CHANGES, _MAKE_MONTH):
        op.execute(text)
    op.execute(
        "SELECT make_audit_month((date_trunc('month', now()) + make_interval(months => ahead))::date)"
        " FROM generate_series(0, 2) ahead"
    )
    for table, owners in _TABLES.items():
        names = ", ".join(
            f"ARRAY[{', '.join(map(repr, columns))}]::text[]"
            for columns in (owners, _NOT_WRITTEN.get(table, ()))
        )
        op.execute(f"SELECT audit_table('{table}', {names})")
