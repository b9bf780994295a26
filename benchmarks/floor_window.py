"""The floor of a storefront's pages: hand-written SQL that returns the same rows as complete JSON
and the count of all matches. The look-up of the publishable key and its channels, which every
request needs, comes first. Prices are chosen for a guest in a region, as in `floor_prices`. Parts
that this request does not need are omitted: taxes of a country, translations, rules on a
customer, a group or a place, and numeric comparisons in rules."""

from benchmarks.floor_prices import shown_price
from benchmarks.floor_sql import (
    BESIDE,
    IMAGE,
    VALUE,
    VARIANT,
    WHOLE_OPTION,
    times,
)
from benchmarks.shelves import PAGE

CHANNELS = """
SELECT a.id, ARRAY(SELECT c.id FROM publishable_api_key_sales_channel k
  JOIN sales_channel c ON c.id = k.sales_channel_id AND c.deleted_at IS NULL AND NOT c.is_disabled
  WHERE k.publishable_key_id = a.id) AS channels
FROM api_key a WHERE a.token = $1 AND a.type = 'publishable' AND a.deleted_at IS NULL
AND (a.revoked_at IS NULL OR a.revoked_at > now())"""

_SOLD = """p.deleted_at IS NULL AND p.status = 'published' AND EXISTS (
  SELECT FROM product_sales_channel s WHERE s.product_id = p.id AND s.sales_channel_id = $2)"""

_BEST = """
SELECT DISTINCT ON (v.id, kind) v.id AS variant_id, p.id, p.amount, p.currency_code,
  p.price_list_id, p.min_quantity, p.max_quantity, coalesce(h.kind, 0) AS kind,
  p.rules_count + coalesce(h.rules_count, 0) AS rules
FROM page JOIN product_variant v ON v.product_id = page.id AND v.deleted_at IS NULL
JOIN price p ON p.price_set_id = v.price_set_id
LEFT JOIN held h ON h.id = p.price_list_id
WHERE p.deleted_at IS NULL AND p.currency_code = (SELECT currency_code FROM region WHERE id = $1)
AND (p.price_list_id IS NULL OR h.id IS NOT NULL)
AND coalesce(p.min_quantity <= 1, true) AND coalesce(p.max_quantity >= 1, true)
AND (p.rules_count = 0 OR p.rules_count = (SELECT count(*) FROM price_rule q
  WHERE q.price_id = p.id AND q.deleted_at IS NULL
  AND q.attribute = 'region_id' AND q.value = $1))
ORDER BY v.id, kind, rules DESC, p.amount, p.id"""

_HELD = """
SELECT l.id, l.rules_count, CASE l.type WHEN 'override' THEN 1 ELSE 2 END AS kind
FROM price_list l LEFT JOIN price_list_rule r ON r.price_list_id = l.id
  AND r.deleted_at IS NULL AND r.attribute = 'region_id' AND r.value ? $1
WHERE l.status = 'active' AND l.deleted_at IS NULL
AND coalesce(l.starts_at <= now(), true) AND coalesce(l.ends_at >= now(), true)
GROUP BY l.id HAVING count(r.id) >= l.rules_count"""

_PRICE = f"""
(SELECT json_build_object('id', v.price_set_id, 'currency_code', won.currency_code,
    {shown_price("won", "calculated")}, {shown_price("original", "original")})
  FROM (SELECT * FROM best b WHERE b.variant_id = v.id AND b.kind < 2
    ORDER BY b.kind DESC LIMIT 1) original
  LEFT JOIN best sale ON sale.variant_id = v.id AND sale.kind = 2
    AND sale.amount <= original.amount AND (original.kind = 0 OR sale.rules >= original.rules)
  JOIN best won ON won.id = coalesce(sale.id, original.id)
  LEFT JOIN price_preference preference ON preference.attribute = 'currency_code'
    AND preference.value = won.currency_code AND preference.deleted_at IS NULL)
AS calculated_price"""

_QUANTITY = """
CASE WHEN v.manage_inventory THEN coalesce((
  SELECT min(floor(coalesce((SELECT sum(l.stocked_quantity - l.reserved_quantity)
    FROM inventory_level l JOIN sales_channel_stock_location s
      ON s.stock_location_id = l.location_id AND s.sales_channel_id = $2
    WHERE l.inventory_item_id = k.inventory_item_id AND l.deleted_at IS NULL), 0)
    / k.required_quantity))
  FROM product_variant_inventory_item k WHERE k.variant_id = v.id), 0) END
AS inventory_quantity"""

_CHOSEN = f"""
coalesce((SELECT json_agg(r) FROM (
  SELECT {VALUE}, {WHOLE_OPTION} AS option
  FROM product_variant_option chosen JOIN product_option_value val
    ON val.id = chosen.option_value_id AND val.deleted_at IS NULL
  WHERE chosen.variant_id = v.id ORDER BY val.option_id, val.id) r), '[]') AS options"""

_IMAGES = f"""
coalesce((SELECT json_agg(r) FROM (
  SELECT {IMAGE} FROM image i WHERE i.product_id = {{product}} AND i.deleted_at IS NULL {{only}}
  ORDER BY i.rank, i.id) r), '[]') AS images"""
_OF_VARIANT = """AND (
  NOT EXISTS (SELECT 1 FROM product_variant_product_image a
    WHERE a.image_id = i.id AND a.deleted_at IS NULL)
  OR EXISTS (SELECT 1 FROM product_variant_product_image a
    WHERE a.image_id = i.id AND a.variant_id = v.id AND a.deleted_at IS NULL))"""

_PRODUCT = f"""
p.id, p.title, p.subtitle, p.description, p.handle, p.is_giftcard, p.discountable, p.thumbnail,
p.collection_id, p.type_id, p.weight, p.length, p.height, p.width, p.hs_code, p.origin_country,
p.mid_code, p.material, p.metadata, {times("p", "created_at", "updated_at")},
{BESIDE}
{_IMAGES.format(product="p.id", only="")},
coalesce((SELECT json_agg(r) FROM (
  SELECT {VARIANT}, {_PRICE}, {_QUANTITY}, {_CHOSEN},
    {_IMAGES.format(product="v.product_id", only=_OF_VARIANT)}
  FROM product_variant v WHERE v.product_id = p.id AND v.deleted_at IS NULL
  ORDER BY v.id) r), '[]') AS variants"""

_TEXTS = ("title", "subtitle", "description", "handle")
_CODES = ("title", "sku", "barcode", "ean", "upc")


def _alike(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"{column} ILIKE $3" for column in columns)


CONDITIONS = {
    "list 12": "true",
    "product by handle": "p.handle = $3",
    "category page": "EXISTS (SELECT FROM product_category_product c"
    " WHERE c.product_id = p.id AND c.product_category_id = $3)",
    "search": f"""p.id IN (SELECT id FROM product WHERE {_alike(_TEXTS)} UNION
  SELECT product_id FROM product_variant WHERE deleted_at IS NULL AND ({_alike(_CODES)}))""",
}


def page_sql(row: str) -> str:
    """The page of the row: `$1` is the region, `$2` the sales channel, `$3` the searched value."""
    where = f"{_SOLD} AND {CONDITIONS[row]}"
    return f"""
WITH page AS MATERIALIZED (SELECT * FROM product p WHERE {where} ORDER BY id LIMIT {PAGE}),
held AS MATERIALIZED ({_HELD}), best AS MATERIALIZED ({_BEST})
SELECT coalesce((SELECT json_agg(r) FROM (
  SELECT {_PRODUCT} FROM page p ORDER BY p.id) r), '[]'),
  (SELECT count(*) FROM product p WHERE {where})"""
