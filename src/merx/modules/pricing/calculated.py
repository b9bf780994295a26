"""The calculated price of a price set: which of its prices applies in the reader's context.

docs/reference/prices.md specifies the choice; `CANDIDATES`, `best_of` and `CHOSEN` are its only
implementation.
"""

from merx.modules.pricing.context import (
    ATTRIBUTES,
    CURRENCY,
    LISTS,
    NAMES,
    QUANTITY,
    RULE_MET,
    STOREFRONT,
)
from merx.modules.pricing.price_schemas import CALCULATED_PRICE
from merx.query.graph import Field, Kind

MISSING_CURRENCY = "Method calculatePrices requires currency_code in the pricing context"
NEEDS = ("currency_code", "region_id")

# Counted rather than NOT EXISTS, for which the planner would read all rules of the shop.
_RULES_MET = f"""(price.rules_count = 0 OR price.rules_count = (
    SELECT count(*) FROM price_rule rule
    CROSS JOIN LATERAL (SELECT {ATTRIBUTES} -> rule.attribute AS held OFFSET 0) brought
    WHERE rule.price_id = price.id AND rule.deleted_at IS NULL AND {RULE_MET}))"""
_QUANTITY_MET = f"""(coalesce(price.min_quantity <= {QUANTITY}, true)
    AND coalesce(price.max_quantity >= {QUANTITY}, true))"""

# The prices that apply in the context, each with its kind (0 base, 1 override, 2 sale) and its
# number of rules, including its list's.
CANDIDATES = f"""
  SELECT price.*,
    CASE WHEN price.price_list_id IS NULL THEN 0 WHEN price.override IS NOT NULL THEN 1 ELSE 2 END
      AS kind,
    price.rules_count + coalesce(price.override, price.sale, 0) AS rules
  FROM (
    SELECT p.*, (p.held -> 'override' -> p.price_list_id)::int AS override,
      (p.held -> 'sale' -> p.price_list_id)::int AS sale
    FROM (
      SELECT p.*, CASE WHEN p.price_list_id IS NOT NULL THEN {LISTS} END AS held
      FROM price p WHERE p.price_set_id = {{row}}.price_set_id
      AND p.currency_code = {CURRENCY} OFFSET 0) p OFFSET 0) price
  WHERE price.deleted_at IS NULL
    AND (price.price_list_id IS NULL OR price.override IS NOT NULL OR price.sale IS NOT NULL)
    AND {_QUANTITY_MET} AND {_RULES_MET}"""


def best_of(candidates: str) -> str:
    """One of each kind: the one with the most rules, then the lowest, then the oldest."""
    return f"""SELECT DISTINCT ON (c.kind) c.* FROM {candidates} c
    ORDER BY c.kind, c.rules DESC, c.amount, c.id"""


# An override replaces the base price. A sale price applies if it is not above the price it lowers
# and no override has more rules.
CHOSEN = """(SELECT true) one
  LEFT JOIN LATERAL (
    SELECT * FROM best b WHERE b.kind < 2 ORDER BY b.kind DESC LIMIT 1) original ON true
  LEFT JOIN LATERAL (
    SELECT * FROM best b WHERE b.kind = 2 AND (original.id IS NULL
      OR b.amount <= original.amount
      AND (original.kind = 0 OR b.rules >= original.rules))) sale ON true
  JOIN LATERAL (
    SELECT * FROM best b WHERE b.id = coalesce(sale.id, original.id) OFFSET 0) calculated ON true"""

# A price of a region has that region's preference, any other that of its currency.
_BY_CURRENCY = f"""coalesce((SELECT f.is_tax_inclusive FROM price_preference f
    WHERE f.attribute = 'currency_code' AND f.value = {CURRENCY} AND f.deleted_at IS NULL),
    false)"""
_BY_REGION = """CASE WHEN {price}.rules_count > 0 THEN (
    SELECT f.is_tax_inclusive FROM price_rule q CROSS JOIN LATERAL (
      SELECT * FROM price_preference t WHERE t.attribute = 'region_id' AND t.value = q.value
      AND t.deleted_at IS NULL OFFSET 0) f
    WHERE q.price_id = {price}.id AND q.attribute = 'region_id' AND q.deleted_at IS NULL LIMIT 1)
  END"""


def _inclusive(price: str) -> str:
    """Whether a price includes taxes."""
    return f"coalesce({_BY_REGION.replace('{price}', price)}, {_BY_CURRENCY})"


def _shown(price: str) -> str:
    """The keys of the calculated or the original price, null if there is none."""
    return f"""
    'is_{price}_price_price_list', {price}.price_list_id IS NOT NULL,
    'is_{price}_price_tax_inclusive', tax.{price}_inclusive,
    '{price}_amount', {price}.amount,
    'raw_{price}_amount', CASE WHEN {price}.amount IS NOT NULL
      THEN json_build_object('value', {price}.amount::text, 'precision', 20) END,
    '{price}_price', json_build_object(
      'id', {price}.id,
      'price_list_id', {price}.price_list_id,
      'price_list_type', (ARRAY['override', 'sale'])[{price}.kind],
      'min_quantity', {price}.min_quantity,
      'max_quantity', {price}.max_quantity)"""


def _taxed(price: str) -> str:
    """The keys of its taxes."""
    amount, inclusive = f"{price}.amount", f"tax.{price}_inclusive"
    return f"""
    '{price}_amount_with_tax',
      CASE WHEN {inclusive} THEN {amount} ELSE trim_scale({amount} * tax.factor) END,
    '{price}_amount_without_tax',
      CASE WHEN {inclusive} THEN trim_scale({amount} / nullif(tax.factor, 0)) ELSE {amount} END"""


_PRICES = (
    "'id', {row}.price_set_id, 'currency_code', calculated.currency_code,"
    f"{_shown('calculated')},{_shown('original')}"
)
_TAXES = f"{_taxed('calculated')},{_taxed('original')}"


# The same choice without the keys that are only shown, for carts and orders.
CHOSEN_PRICE = f"""(WITH best AS ({best_of(f"({CANDIDATES})")})
  SELECT json_build_object('amount', calculated.amount::text, 'original', original.amount::text,
    'is_tax_inclusive', {_inclusive("calculated")},
    'is_sale', calculated.kind = 2)
  FROM {CHOSEN})"""


# The amount alone, for filters and order.
CALCULATED_AMOUNT = Field(
    f"""(WITH best AS ({best_of(f"({CANDIDATES})")}) SELECT calculated.amount FROM {CHOSEN})""",
    Kind.NUMBER,
    starred=False,
    uses=NAMES,
)


def calculated_price(tax_rate: str, is_taxed: str) -> Field:
    """The field, for rows that have a price set.

    `tax_rate` is SQL for a rate in percent, `is_taxed` for whether taxes are due at all; if not, a
    storefront gets no tax keys.
    """
    of_original = _BY_REGION.replace("{price}", "original")
    sql = f"""(WITH best AS ({best_of(f"({CANDIDATES})")})
  SELECT CASE WHEN {STOREFRONT} IS NULL OR {is_taxed}
    THEN json_build_object({_PRICES},{_TAXES}) ELSE json_build_object({_PRICES}) END
  FROM {CHOSEN}
  CROSS JOIN LATERAL (SELECT {_BY_CURRENCY} AS by_currency,
    {_BY_REGION.replace("{price}", "calculated")} AS by_region OFFSET 0) own
  CROSS JOIN LATERAL (SELECT 1 + ({tax_rate}) / 100.0 AS factor,
    coalesce(own.by_region, own.by_currency) AS calculated_inclusive,
    original.id IS NOT NULL AND coalesce(
      CASE WHEN original.id = calculated.id THEN own.by_region ELSE {of_original} END,
      own.by_currency) AS original_inclusive OFFSET 0) tax)"""
    return Field(
        sql,
        Kind.JSON,
        starred=False,
        uses=(*NAMES, "storefront"),
        needs=NEEDS,
        needed=MISSING_CURRENCY,
        whole=True,
        schema=CALCULATED_PRICE,
    )
