"""The floor of calculated prices: the rules of docs/reference/prices.md for one product, in
hand-written SQL for this context. Taxes, and attributes that this context does not have, are
omitted; no planner setting is changed."""


def shown_price(alias: str, name: str) -> str:
    """The keys of a price, as JSON is built from them."""
    return f"""
    'is_{name}_price_price_list', {alias}.price_list_id IS NOT NULL,
    'is_{name}_price_tax_inclusive', coalesce(preference.is_tax_inclusive, false),
    '{name}_amount', {alias}.amount,
    'raw_{name}_amount', json_build_object('value', {alias}.amount::text, 'precision', 20),
    '{name}_price', json_build_object('id', {alias}.id, 'price_list_id', {alias}.price_list_id,
      'price_list_type', (ARRAY['override', 'sale'])[{alias}.kind],
      'min_quantity', {alias}.min_quantity, 'max_quantity', {alias}.max_quantity)"""


GET_PRICES = f"""
WITH mine AS MATERIALIZED (
  SELECT array_agg(g.id) AS ids FROM customer_group_customer m
  JOIN customer_group g ON g.id = m.customer_group_id AND g.deleted_at IS NULL
  WHERE m.customer_id = $3),
held AS MATERIALIZED (
  SELECT l.id, l.rules_count, CASE l.type WHEN 'override' THEN 1 ELSE 2 END AS kind
  FROM price_list l LEFT JOIN price_list_rule r ON r.price_list_id = l.id
    AND r.deleted_at IS NULL AND CASE r.attribute
      WHEN 'customer.groups.id' THEN r.value ?| (SELECT ids FROM mine)
      WHEN 'region_id' THEN r.value ? $2 WHEN 'customer_id' THEN r.value ? $3 END
  WHERE l.status = 'active' AND l.deleted_at IS NULL
  AND coalesce(l.starts_at <= now(), true) AND coalesce(l.ends_at >= now(), true)
  GROUP BY l.id HAVING count(r.id) >= l.rules_count),
best AS MATERIALIZED (
  SELECT DISTINCT ON (v.id, kind) v.id AS variant_id, p.id, p.amount, p.currency_code,
    p.price_list_id, p.min_quantity, p.max_quantity, coalesce(h.kind, 0) AS kind,
    p.rules_count + coalesce(h.rules_count, 0) AS rules
  FROM product_variant v JOIN price p ON p.price_set_id = v.price_set_id
  LEFT JOIN held h ON h.id = p.price_list_id
  WHERE v.product_id = $1 AND v.deleted_at IS NULL AND p.deleted_at IS NULL
  AND p.currency_code = (SELECT currency_code FROM region WHERE id = $2)
  AND (p.price_list_id IS NULL OR h.id IS NOT NULL)
  AND coalesce(p.min_quantity <= 1, true) AND coalesce(p.max_quantity >= 1, true)
  AND (p.rules_count = 0 OR p.rules_count = (SELECT count(*) FROM price_rule q
    WHERE q.price_id = p.id AND q.deleted_at IS NULL AND CASE q.attribute
      WHEN 'customer.groups.id' THEN (SELECT ids FROM mine) @> ARRAY[q.value]
      WHEN 'region_id' THEN q.value = $2 WHEN 'customer_id' THEN q.value = $3 END))
  ORDER BY v.id, kind, rules DESC, p.amount, p.id)
SELECT json_build_object('id', $1::text, 'variants', (
  SELECT json_agg(json_build_object('id', v.id, 'calculated_price', (
    SELECT json_build_object('id', v.price_set_id, 'currency_code', won.currency_code,
      {shown_price("won", "calculated")}, {shown_price("original", "original")})
    FROM (SELECT * FROM best b WHERE b.variant_id = v.id AND b.kind < 2
      ORDER BY b.kind DESC LIMIT 1) original
    LEFT JOIN best sale ON sale.variant_id = v.id AND sale.kind = 2
      AND sale.amount <= original.amount AND (original.kind = 0 OR sale.rules >= original.rules)
    JOIN best won ON won.id = coalesce(sale.id, original.id)
    LEFT JOIN price_preference preference ON preference.attribute = 'currency_code'
      AND preference.value = won.currency_code AND preference.deleted_at IS NULL)) ORDER BY v.id)
  FROM product_variant v WHERE v.product_id = $1 AND v.deleted_at IS NULL))"""
