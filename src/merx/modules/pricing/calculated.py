"""The calculated price of a price set as one SQL expression over a reader's context.

The context names a currency or a region, whose currency then counts. Among the set's own prices
in that currency, whose quantity bounds hold one piece and whose every rule the context meets, the
one with the most rules wins, then the lowest amount. Without tax rates the amounts with and
without tax are the same.
"""

from merx.query.graph import Field, Kind

MISSING_CURRENCY = "Method calculatePrices requires currency_code in the pricing context"

_DETAILS = """json_build_object('id', p.id, 'price_list_id', NULL, 'price_list_type', NULL,
      'min_quantity', p.min_quantity, 'max_quantity', p.max_quantity)"""
_RAW = "json_build_object('value', p.amount::text, 'precision', 20)"

_SQL = f"""(SELECT json_build_object(
    'id', p.price_set_id,
    'is_calculated_price_price_list', false,
    'is_calculated_price_tax_inclusive', p.is_tax_inclusive,
    'calculated_amount', p.amount,
    'raw_calculated_amount', {_RAW},
    'calculated_amount_with_tax', p.amount,
    'calculated_amount_without_tax', p.amount,
    'is_original_price_price_list', false,
    'is_original_price_tax_inclusive', p.is_tax_inclusive,
    'original_amount', p.amount,
    'raw_original_amount', {_RAW},
    'original_amount_with_tax', p.amount,
    'original_amount_without_tax', p.amount,
    'currency_code', p.currency_code,
    'calculated_price', {_DETAILS},
    'original_price', {_DETAILS})
  FROM (
    SELECT price.*, coalesce(
      (SELECT f.is_tax_inclusive FROM price_preference f WHERE f.deleted_at IS NULL
       AND f.attribute = 'region_id' AND f.value = {{context[region_id]}}),
      (SELECT f.is_tax_inclusive FROM price_preference f WHERE f.deleted_at IS NULL
       AND f.attribute = 'currency_code' AND f.value = price.currency_code),
      false) AS is_tax_inclusive
    FROM price
    WHERE price.price_set_id = {{row}}.price_set_id
      AND price.price_list_id IS NULL AND price.deleted_at IS NULL
      AND price.currency_code = coalesce(
        lower({{context[currency_code]}}),
        (SELECT currency_code FROM region WHERE id = {{context[region_id]}} AND deleted_at IS NULL))
      AND coalesce(price.min_quantity, 1) <= 1 AND coalesce(price.max_quantity, 1) >= 1
      AND NOT EXISTS (
        SELECT 1 FROM price_rule rule WHERE rule.price_id = price.id AND rule.deleted_at IS NULL
        AND NOT (rule.attribute = 'region_id'
                 AND rule.value IS NOT DISTINCT FROM {{context[region_id]}}))
    ORDER BY price.rules_count DESC, price.amount, price.id LIMIT 1) p)"""

CALCULATED_PRICE = Field(
    _SQL,
    Kind.JSON,
    starred=False,
    needs=("currency_code", "region_id"),
    needed=MISSING_CURRENCY,
    whole=True,
)
