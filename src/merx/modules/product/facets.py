"""Facets of a storefront's products: how many of the found ones are in a category, have a tag or an
option value, or cost how much.

`matched_` holds the found products, which are published, in the storefront's channels and not
deleted, so only the other side needs to be live and visible. Each list is bounded: the groups with
the most products, and all price bands. So is the work: a link is counted for each product, but
variants are looked at of a sample only, if there are many products, and the counts are estimates.
"""

from merx.query.plan import Facet

MOST_GROUPS = 100
# The lower bounds of price bands: 0, 1, 2, 5, 10, 20, 50 and so on.
BANDS = ("0", *(f"{digit}{'0' * zeros}" for zeros in range(15) for digit in (1, 2, 5)))

_EDGES = f"ARRAY[{','.join(BANDS)}]::numeric[]"
_FIRST = f"ORDER BY count DESC, 1 LIMIT {MOST_GROUPS}"


def _linked(name: str, label: str, entity: str, table: str, links: str, alive: str = "") -> Facet:
    """Products by what they are linked to; `links` yields its id for each product."""
    sql = (
        f"SELECT v.id, {{value}} AS {label}, n.count FROM"
        f" (SELECT l.id, count(*) AS count FROM ({links}) l GROUP BY l.id) n"
        f" JOIN {table} v ON v.id = n.id WHERE v.deleted_at IS NULL{alive} {_FIRST}"
    )
    return Facet(name, sql, entity, label)


def _by(table: str, column: str) -> str:
    return f"SELECT j.{column} AS id FROM matched_ m JOIN {table} j ON j.product_id = m.id"


_OF_COLLECTION = (
    "SELECT p.collection_id AS id FROM matched_ m JOIN product p ON p.id = m.id"
    " WHERE p.collection_id IS NOT NULL"
)
_ESTIMATE = "round(count(*) * (SELECT factor FROM scale_))::bigint AS count"
_IS_PART = "(SELECT is_part FROM scale_) AS is_estimate"
# A variant's `option_key` holds the ids of its option values, in an index with its product. Rows
# are counted by small numbers instead of ids, and read by key: each `OFFSET 0` keeps that order.
_OPTION = f"""
SELECT n.option, n.value, {_ESTIMATE}, {_IS_PART} FROM (
  SELECT DISTINCT c.number, o.title AS option, w.value FROM (
    SELECT DISTINCT m.number, string_to_table(r.option_key, ',') AS value_id
    FROM (SELECT id, row_number() OVER () AS number FROM sample_) m
    CROSS JOIN LATERAL (
      SELECT v.option_key FROM product_variant v
      WHERE v.product_id = m.id AND v.deleted_at IS NULL OFFSET 0) r) c
  CROSS JOIN LATERAL (SELECT v.value, v.option_id FROM product_option_value v
    WHERE v.id = c.value_id AND v.deleted_at IS NULL OFFSET 0) w
  CROSS JOIN LATERAL (SELECT v.title FROM product_option v
    WHERE v.id = w.option_id AND v.deleted_at IS NULL OFFSET 0) o) n
GROUP BY 1, 2 ORDER BY count DESC, 1, 2 LIMIT {MOST_GROUPS}"""
_PRICE = f"""
SELECT ({_EDGES})[n.band] AS gte, ({_EDGES})[n.band + 1] AS lt, {_ESTIMATE}, {_IS_PART} FROM (
  SELECT DISTINCT v.product_id, width_bucket({{value}}, {_EDGES}) AS band
  FROM sample_ m JOIN product_variant v ON v.product_id = m.id AND v.deleted_at IS NULL) n
WHERE n.band > 0 GROUP BY n.band ORDER BY n.band"""

PRICE = "price"
FACETS = {
    facet.name: facet
    for facet in (
        _linked(
            "category",
            "name",
            "store_product_category",
            "product_category",
            _by("product_category_product", "product_category_id"),
            " AND v.is_active AND NOT v.is_internal",
        ),
        _linked(
            "collection",
            "title",
            "store_product_collection",
            "product_collection",
            _OF_COLLECTION,
        ),
        _linked(
            "tag",
            "value",
            "store_product_tag",
            "product_tag",
            _by("product_tags", "product_tag_id"),
        ),
        Facet("option", _OPTION),
        Facet(PRICE, _PRICE, "store_variant", "calculated_amount"),
    )
}
