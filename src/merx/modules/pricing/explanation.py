"""Explains a price: every price of a set, whether it applies, and why it won or lost.

The choice is that of the calculated price; this only describes it.
"""

from merx.modules.pricing import price_schemas
from merx.modules.pricing.calculated import CANDIDATES, CHOSEN, MISSING_CURRENCY, NEEDS, best_of
from merx.modules.pricing.context import ATTRIBUTES, CURRENCY, NAMES, QUANTITY, RULE_MET
from merx.query.graph import Field, Kind

_LIST_TIME = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'

# Why a price is not a candidate.
_REASONS = f"""array_remove(ARRAY[
      CASE WHEN asked.currency IS NULL THEN 'no currency is asked for'
        WHEN p.currency_code <> asked.currency
        THEN format('it is in %s, not in %s', p.currency_code, asked.currency) END,
      CASE WHEN p.min_quantity > asked.quantity
        THEN format('it holds from %s pieces', p.min_quantity) END,
      CASE WHEN p.max_quantity < asked.quantity
        THEN format('it holds up to %s pieces', p.max_quantity) END,
      CASE WHEN l.status <> 'active' THEN format('its price list is a %s', l.status) END,
      CASE WHEN l.starts_at > now()
        THEN format('its price list starts at %s', to_char(l.starts_at, '{_LIST_TIME}')) END,
      CASE WHEN l.ends_at < now()
        THEN format('its price list ended at %s', to_char(l.ends_at, '{_LIST_TIME}')) END], NULL)
    || ARRAY(SELECT format('its price list is for %s %s', r.attribute, (
        SELECT coalesce(string_agg(v, ', '), 'nobody') FROM jsonb_array_elements_text(r.value) v))
      FROM price_list_rule r WHERE r.price_list_id = l.id AND r.deleted_at IS NULL
      AND NOT coalesce((asked.attributes -> r.attribute)
        ?| ARRAY(SELECT jsonb_array_elements_text(r.value)), false) ORDER BY r.id)
    || ARRAY(SELECT concat_ws(
        ' ', 'it is for', rule.attribute, nullif(rule.operator, 'eq'), rule.value)
      FROM price_rule rule
      CROSS JOIN LATERAL (SELECT asked.attributes -> rule.attribute AS held OFFSET 0) brought
      WHERE rule.price_id = p.id AND rule.deleted_at IS NULL AND NOT {RULE_MET}
      ORDER BY rule.id)"""

# Why another price beats a candidate; NULL for the winner.
_BEATEN = """CASE
      WHEN p.id = chosen.calculated_id THEN NULL
      WHEN p.id = chosen.original_id THEN 'it is the original price, which a sale lowers'
      WHEN c.rules < b.rules THEN format('%s is bound by %s rules, this one by %s',
        b.id, b.rules, c.rules)
      WHEN p.amount > b.amount THEN format('%s is lower', b.id)
      WHEN p.id <> b.id THEN format('%s is older', b.id)
      WHEN c.kind = 0 THEN format('the override %s takes its place', chosen.original_id)
      WHEN p.amount > chosen.original_amount
        THEN format('it is dearer than the original price %s', chosen.original_id)
      ELSE format('the override %s is bound by more rules', chosen.original_id) END"""

_SHOWN = """json_build_object(
      'id', p.id, 'amount', p.amount, 'currency_code', p.currency_code,
      'min_quantity', p.min_quantity, 'max_quantity', p.max_quantity,
      'rules', (SELECT coalesce(json_object_agg(r.attribute, r.value ORDER BY r.id), '{{}}')
        FROM price_rule r WHERE r.price_id = p.id AND r.deleted_at IS NULL),
      'price_list', CASE WHEN l.id IS NOT NULL THEN json_build_object(
        'id', l.id, 'title', l.title, 'type', l.type, 'status', l.status) END,
      'is_matched', c.holds,
      'rules_matched', c.rules,
      'result', CASE WHEN NOT c.holds THEN 'not matched' WHEN why.beaten IS NULL THEN 'won'
        ELSE 'lost' END,
      'reasons', CASE WHEN NOT c.holds THEN to_json(why.reasons)
        WHEN why.beaten IS NULL THEN '[]'::json ELSE json_build_array(why.beaten) END)"""

_SQL = f"""(WITH candidate AS MATERIALIZED ({CANDIDATES}),
  best AS MATERIALIZED ({best_of("candidate")}),
  chosen AS MATERIALIZED (SELECT calculated.id AS calculated_id, original.id AS original_id,
    original.amount AS original_amount FROM {CHOSEN}),
  held AS MATERIALIZED (SELECT jsonb_object_agg(
    c.id, jsonb_build_object('kind', c.kind, 'rules', c.rules)) AS by_id FROM candidate c)
  SELECT coalesce(json_agg({_SHOWN}
    ORDER BY NOT c.holds, why.beaten IS NOT NULL, p.amount, p.id), '[]')
  FROM held
  CROSS JOIN LATERAL (
    SELECT * FROM price t WHERE t.price_set_id = {{row}}.price_set_id OFFSET 0) p
  CROSS JOIN LATERAL (SELECT {CURRENCY} AS currency, {QUANTITY} AS quantity,
    {ATTRIBUTES} AS attributes OFFSET 0) asked
  CROSS JOIN LATERAL (SELECT coalesce(held.by_id ? p.id, false) AS holds,
    (held.by_id -> p.id ->> 'kind')::int AS kind,
    (held.by_id -> p.id ->> 'rules')::int AS rules OFFSET 0) c
  LEFT JOIN LATERAL (
    SELECT * FROM price_list t WHERE t.id = p.price_list_id OFFSET 0) l ON true
  LEFT JOIN LATERAL (SELECT * FROM best t WHERE t.kind = c.kind OFFSET 0) b ON true
  LEFT JOIN chosen ON true
  CROSS JOIN LATERAL (SELECT {_REASONS} AS reasons, {_BEATEN} AS beaten OFFSET 0) why
  WHERE p.deleted_at IS NULL)"""

PRICE_CANDIDATES = Field(
    _SQL,
    Kind.JSON,
    starred=False,
    uses=NAMES,
    needs=NEEDS,
    needed=MISSING_CURRENCY,
    whole=True,
    schema=price_schemas.CANDIDATES,
)
