"""The statements of the floor, as written by hand with knowledge of the tables.

Reads are correlated subselects that build objects from rows: on a product with 1,000 variants this
was as fast as any other statement that returns the complete JSON.
"""

_TIME = """'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'"""


def times(row: str, *names: str) -> str:
    """Columns in the time format of the responses."""
    return ", ".join(f"to_char({row}.{name}, {_TIME}) AS {name}" for name in names)


_CHANGED = ("created_at", "updated_at")
ALL_TIMES = (*_CHANGED, "deleted_at")

VALUE = f"val.id, val.value, val.rank, val.metadata, val.option_id, {times('val', *ALL_TIMES)}"
OPTION = f"o.id, o.title, o.is_exclusive, o.metadata, {times('o', *ALL_TIMES)}"
IMAGE = f"i.id, i.url, i.rank, i.metadata, i.product_id, {times('i', *ALL_TIMES)}"
VARIANT = f"""v.id, v.title, v.sku, v.barcode, v.ean, v.upc, v.allow_backorder,
  v.manage_inventory, v.hs_code, v.origin_country, v.mid_code, v.material, v.weight, v.length,
  v.height, v.width, v.variant_rank, v.thumbnail, v.metadata, v.product_id,
  {times("v", *ALL_TIMES)}"""

_PRICES = f"""
coalesce((SELECT json_agg(r) FROM (
  SELECT p.id, p.amount, p.currency_code, p.min_quantity, p.max_quantity, v.id AS variant_id,
    {times("p", *_CHANGED)},
    CASE WHEN p.rules_count = 0 THEN '{{}}'::json ELSE
      (SELECT json_object_agg(q.attribute, q.value) FROM price_rule q
       WHERE q.price_id = p.id AND q.deleted_at IS NULL) END AS rules
  FROM price p
  WHERE p.price_set_id = v.price_set_id AND p.price_list_id IS NULL AND p.deleted_at IS NULL
  ORDER BY p.id) r), '[]') AS prices"""


def _variant_options(option: str) -> str:
    return f"""
coalesce((SELECT json_agg(r) FROM (
  SELECT {VALUE}, {option} AS option
  FROM product_variant_option chosen JOIN product_option_value val
    ON val.id = chosen.option_value_id AND val.deleted_at IS NULL
  WHERE chosen.variant_id = v.id ORDER BY val.option_id, val.id) r), '[]') AS options"""


WHOLE_OPTION = f"""(SELECT row_to_json(r) FROM (SELECT {OPTION} FROM product_option o
    WHERE o.id = val.option_id AND o.deleted_at IS NULL) r)"""

_VARIANT_IMAGES = f"""
coalesce((SELECT json_agg(r) FROM (
  SELECT {IMAGE} FROM image i
  WHERE i.product_id = v.product_id AND i.deleted_at IS NULL AND (
    NOT EXISTS (SELECT 1 FROM product_variant_product_image a
                WHERE a.image_id = i.id AND a.deleted_at IS NULL)
    OR EXISTS (SELECT 1 FROM product_variant_product_image a
               WHERE a.image_id = i.id AND a.variant_id = v.id AND a.deleted_at IS NULL))
  ORDER BY i.rank, i.id) r), '[]') AS images"""

# Type, collection, options and tags of a product.
BESIDE = f"""(SELECT row_to_json(r) FROM (
  SELECT t.id, t.value, t.external_id, t.metadata, {times("t", *ALL_TIMES)} FROM product_type t
  WHERE t.id = p.type_id AND t.deleted_at IS NULL) r) AS type,
(SELECT row_to_json(r) FROM (
  SELECT c.id, c.title, c.handle, c.external_id, c.metadata, {times("c", *ALL_TIMES)}
  FROM product_collection c WHERE c.id = p.collection_id AND c.deleted_at IS NULL) r) AS collection,
coalesce((SELECT json_agg(r) FROM (
  SELECT {OPTION}, coalesce((SELECT json_agg(r) FROM (
      SELECT {VALUE} FROM product_product_option_value offered
      JOIN product_option_value val
        ON val.id = offered.product_option_value_id AND val.deleted_at IS NULL
      WHERE offered.product_product_option_id = used.id AND offered.deleted_at IS NULL
      ORDER BY val.rank NULLS LAST, val.id) r), '[]') AS values
  FROM product_product_option used
  JOIN product_option o ON o.id = used.product_option_id AND o.deleted_at IS NULL
  WHERE used.product_id = p.id AND used.deleted_at IS NULL ORDER BY o.id) r), '[]') AS options,
coalesce((SELECT json_agg(r) FROM (
  SELECT t.id, t.value, t.external_id, t.metadata, {times("t", *ALL_TIMES)}
  FROM product_tags tagged JOIN product_tag t
    ON t.id = tagged.product_tag_id AND t.deleted_at IS NULL
  WHERE tagged.product_id = p.id ORDER BY t.id) r), '[]') AS tags,"""
PRODUCT = f"""
p.id, p.title, p.subtitle, p.status, p.external_id, p.description, p.handle, p.is_giftcard,
p.discountable, p.thumbnail, p.collection_id, p.type_id, p.weight, p.length, p.height, p.width,
p.hs_code, p.origin_country, p.mid_code, p.material, p.metadata, {times("p", *ALL_TIMES)},
{BESIDE}
coalesce((SELECT json_agg(r) FROM (
  SELECT {IMAGE} FROM image i WHERE i.product_id = p.id AND i.deleted_at IS NULL
  ORDER BY i.rank, i.id) r), '[]') AS images,
coalesce((SELECT json_agg(r) FROM (
  SELECT {VARIANT}, {_PRICES}, {_variant_options(WHOLE_OPTION)}, {_VARIANT_IMAGES}
  FROM product_variant v WHERE v.product_id = p.id AND v.deleted_at IS NULL
  ORDER BY v.id) r), '[]') AS variants,
coalesce((SELECT json_agg(r) FROM (
  SELECT s.id, s.name, s.description, s.is_disabled, s.metadata, {times("s", *ALL_TIMES)}
  FROM product_sales_channel sold JOIN sales_channel s
    ON s.id = sold.sales_channel_id AND s.deleted_at IS NULL
  WHERE sold.product_id = p.id ORDER BY s.id) r), '[]') AS sales_channels"""

# Every request asks whether its caller is still there and the token is newer than the password.
SOMEBODY = """
SELECT u.id, i.id FROM "user" u CROSS JOIN auth_identity i WHERE u.deleted_at IS NULL LIMIT 1"""
CALLER = """
SELECT true FROM "user" WHERE id = $1 AND deleted_at IS NULL AND NOT EXISTS (
  SELECT FROM auth_identity i WHERE i.id = $2 AND i.credentials_changed_at >= $3)"""

GET_PRODUCT = f"""
SELECT row_to_json(r) FROM (
  SELECT {PRODUCT} FROM product p WHERE p.id = $1 AND p.deleted_at IS NULL) r"""

GET_ID = """
SELECT row_to_json(r) FROM (SELECT id FROM product WHERE id = $1 AND deleted_at IS NULL) r"""

LIST_PRODUCTS = f"""
SELECT coalesce((SELECT json_agg(r) FROM (
    SELECT {PRODUCT} FROM (
      SELECT * FROM product WHERE deleted_at IS NULL ORDER BY id LIMIT $1 OFFSET $2) p
    ORDER BY p.id) r), '[]'),
  (SELECT count(*) FROM product WHERE deleted_at IS NULL)"""

GET_VARIANTS = f"""
SELECT coalesce(json_agg(r), '[]') FROM (
  SELECT {VARIANT}, {_PRICES},
    {_variant_options("json_build_object('id', val.option_id)")}
  FROM unnest($1::text[]) WITH ORDINALITY AS given(id, place)
  JOIN product_variant v ON v.id = given.id ORDER BY given.place) r"""

# Locked against deletion and changes of its options. Those are read afterwards, in another
# statement, because a statement that waited for a lock has an older snapshot of other tables.
LOCK_PRODUCT = "SELECT 1 FROM product WHERE id = $1 AND deleted_at IS NULL FOR SHARE"

OFFERED_VALUES = """
SELECT o.title, val.value, val.id
FROM product_product_option used
JOIN product_option o ON o.id = used.product_option_id AND o.deleted_at IS NULL
JOIN product_product_option_value offered
  ON offered.product_product_option_id = used.id AND offered.deleted_at IS NULL
JOIN product_option_value val
  ON val.id = offered.product_option_value_id AND val.deleted_at IS NULL
WHERE used.product_id = $1 AND used.deleted_at IS NULL"""

# Unique skus and combinations, and existing currencies, are left to the constraints.
INSERT_VARIANTS = """
WITH sets AS (INSERT INTO price_set (id) SELECT * FROM unnest($2::text[])),
variants AS (
  INSERT INTO product_variant (id, price_set_id, title, sku, option_key, variant_rank, product_id)
  SELECT g.*, 0, $1 FROM unnest($3::text[], $2::text[], $4::text[], $5::text[], $6::text[]) g),
items AS (
  INSERT INTO inventory_item (id, sku, title, description)
  SELECT * FROM unnest($7::text[], $5::text[], $4::text[], $4::text[])),
links AS (
  INSERT INTO product_variant_inventory_item (id, variant_id, inventory_item_id)
  SELECT * FROM unnest($8::text[], $3::text[], $7::text[])),
options AS (
  INSERT INTO product_variant_option (variant_id, option_value_id)
  SELECT * FROM unnest($9::text[], $10::text[])),
prices AS (
  INSERT INTO price (id, price_set_id, currency_code, amount)
  SELECT * FROM unnest($11::text[], $12::text[], $13::text[], $14::numeric[]))
INSERT INTO event (id, name, ids) VALUES
  ($15, 'product-variant.created', to_jsonb($3)), ($16, 'inventory-item.created', to_jsonb($7))"""

LOCK_VARIANTS = """
SELECT v.id, v.price_set_id FROM product_variant v
JOIN product p ON p.id = v.product_id AND p.deleted_at IS NULL
WHERE v.id = ANY($1::text[]) AND v.product_id = $2 AND v.deleted_at IS NULL
ORDER BY v.id FOR NO KEY UPDATE OF v FOR SHARE OF p"""

LOCK_PRICES = """
SELECT id, price_set_id, currency_code, min_quantity, max_quantity, rules_count FROM price
WHERE price_set_id = ANY($1::text[]) AND price_list_id IS NULL AND deleted_at IS NULL
ORDER BY id FOR NO KEY UPDATE"""

UPDATE_VARIANTS = """
WITH variants AS (
  UPDATE product_variant v SET title = g.title, updated_at = now()
  FROM unnest($1::text[], $2::text[]) AS g(id, title) WHERE v.id = g.id),
prices AS (
  UPDATE price p SET amount = g.amount, updated_at = now()
  FROM unnest($3::text[], $4::numeric[]) AS g(id, amount) WHERE p.id = g.id)
INSERT INTO event (id, name, ids) VALUES ($5, 'product-variant.updated', to_jsonb($1))"""

# The items that no other variant uses, locked against concurrent reservations.
LOCK_LEFT_ITEMS = """
SELECT i.id FROM inventory_item i
JOIN (SELECT DISTINCT inventory_item_id FROM product_variant_inventory_item
      WHERE variant_id = ANY($1::text[])) used ON used.inventory_item_id = i.id
WHERE i.deleted_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM product_variant_inventory_item other
  WHERE other.inventory_item_id = i.id AND other.variant_id <> ALL($1::text[]))
ORDER BY i.id FOR UPDATE OF i"""

IS_RESERVED = """
SELECT EXISTS (SELECT 1 FROM reservation_item
  WHERE inventory_item_id = ANY($1::text[]) AND deleted_at IS NULL AND quantity > 0)"""

DELETE_VARIANTS = """
WITH variants AS (
  UPDATE product_variant SET deleted_at = now(), updated_at = now() WHERE id = ANY($1::text[])),
sets AS (UPDATE price_set SET deleted_at = now(), updated_at = now() WHERE id = ANY($2::text[])),
prices AS (
  UPDATE price SET deleted_at = now(), updated_at = now()
  WHERE price_set_id = ANY($2::text[]) AND deleted_at IS NULL),
links AS (DELETE FROM product_variant_inventory_item WHERE variant_id = ANY($1::text[])),
items AS (UPDATE inventory_item SET deleted_at = now(), updated_at = now()
  WHERE id = ANY($3::text[])),
levels AS (UPDATE inventory_level SET deleted_at = now(), updated_at = now()
  WHERE inventory_item_id = ANY($3::text[]) AND deleted_at IS NULL)
INSERT INTO event (id, name, ids) VALUES
  ($4, 'product-variant.deleted', to_jsonb($1)), ($5, 'inventory-item.deleted', to_jsonb($3))"""

HOLD_ITEMS = """
SELECT id FROM inventory_item WHERE id = ANY($1::text[]) AND deleted_at IS NULL
ORDER BY id FOR SHARE"""

LINK_ITEMS = """
INSERT INTO product_variant_inventory_item (id, variant_id, inventory_item_id, required_quantity)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[])
ON CONFLICT (variant_id, inventory_item_id)
DO UPDATE SET required_quantity = excluded.required_quantity, updated_at = now()"""
