"""Which shipping options are available in a context, as one SQL condition.

docs/reference/delivery.md specifies it; this is its only implementation. The condition is a
predicate of the graph's shipping options: `{values}` holds what `Offer.values` returns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

# Each attribute of the context with its texts; None if rules on it are not checked.
Attributes = Mapping[str, Sequence[str] | None]


@dataclass(frozen=True, slots=True)
class Offer:
    """The context as the condition takes it.

    A None is not checked: without `attributes`, no rules are.
    """

    sales_channel_id: str | None = None
    country_code: str | None = None
    province: str | None = None
    city: str | None = None
    postal_code: str | None = None
    attributes: Attributes | None = field(default_factory=dict[str, Sequence[str] | None])

    def values(self) -> list[str | None]:
        """The parameter of the condition."""
        rules = None
        if self.attributes is not None:
            held = {name: one and list(one) for name, one in self.attributes.items()}
            rules = orjson.dumps(held).decode()
        place = (self.country_code, self.province, self.city, self.postal_code)
        return [self.sales_channel_id, *(part or None for part in place), rules]


_CHANNEL, _COUNTRY, _PROVINCE, _CITY, _POSTAL = (f"({{values}})[{n}]" for n in range(1, 6))
_RULES = "({values})[6]::jsonb"

_PLACES = f"""
    SELECT s.stock_location_id FROM sales_channel_stock_location s
    WHERE s.sales_channel_id = {_CHANNEL}
    UNION ALL
    SELECT DISTINCT l.stock_location_id FROM location_fulfillment_set l WHERE {_CHANNEL} IS NULL"""

# Postal codes are compared in capitals, without blanks and hyphens.
_CODE = "upper(regexp_replace({code}, '[\\s-]', '', 'g'))"
_ASKED_CODE = _CODE.replace("{code}", _POSTAL)
_GIVEN_CODE = _CODE.replace("{code}", "one.code")
_CODES = """jsonb_array_elements_text(CASE jsonb_typeof(g.postal_expression -> '{key}')
      WHEN 'array' THEN g.postal_expression -> '{key}' ELSE '[]'::jsonb END) one(code)"""
_LISTED = (
    f"EXISTS (SELECT 1 FROM {_CODES.replace('{key}', 'in')} WHERE {_GIVEN_CODE} = {_ASKED_CODE})"
)
_PREFIXED = (
    f"EXISTS (SELECT 1 FROM {_CODES.replace('{key}', 'prefix')}"
    f" WHERE starts_with({_ASKED_CODE}, {_GIVEN_CODE}))"
)
_FIRST, _LAST = (
    _CODE.replace("{code}", f"g.postal_expression ->> '{key}'") for key in ("from", "to")
)
_BETWEEN = f"""coalesce({_ASKED_CODE} COLLATE "C" BETWEEN {_FIRST} AND {_LAST}
      AND length({_ASKED_CODE}) = length({_FIRST}), false)"""

_ANYWHERE = f"coalesce({_COUNTRY}, {_PROVINCE}, {_CITY}, {_POSTAL}) IS NULL"
# The part that the zone's type refers to must be known and equal; broader parts must be equal if
# known.
_SERVED = f"""(SELECT count(*) FROM geo_zone g
    WHERE g.service_zone_id = zone.id AND g.deleted_at IS NULL
      AND coalesce(g.iso_2 = lower({_COUNTRY}), g.type <> 'country')
      AND CASE g.type WHEN 'country' THEN true
        WHEN 'province' THEN g.province_code = {_PROVINCE}
        ELSE coalesce(g.province_code = {_PROVINCE}, true) AND CASE g.type
          WHEN 'city' THEN g.city = {_CITY}
          ELSE coalesce(g.city = {_CITY}, true) AND {_POSTAL} IS NOT NULL
            AND ({_LISTED} OR {_PREFIXED} OR {_BETWEEN}) END END) > 0"""

_NUMBER = r"'^-?\d{{1,40}}(\.\d{{1,40}})?$'"
_TEXT = "(r.value #>> '{{}}')"
_AMONG = """EXISTS (SELECT 1 FROM jsonb_array_elements_text(CASE jsonb_typeof(r.value)
        WHEN 'array' THEN r.value ELSE '[]'::jsonb END) one WHERE held.texts ? one)"""
_COMPARED = f"""EXISTS (SELECT 1 FROM jsonb_array_elements_text(held.texts) one
        WHERE CASE WHEN one ~ {_NUMBER} AND {_TEXT} ~ {_NUMBER} THEN CASE r.operator
          WHEN 'gt' THEN one::numeric > {_TEXT}::numeric
          WHEN 'gte' THEN one::numeric >= {_TEXT}::numeric
          WHEN 'lt' THEN one::numeric < {_TEXT}::numeric
          ELSE one::numeric <= {_TEXT}::numeric END ELSE false END)"""
# Counted rather than NOT EXISTS, for which the planner would read all rules of the shop. An
# attribute missing from the context equals nothing and differs from everything.
_UNMET = f"""(SELECT count(*) FROM shipping_option_rule r
    CROSS JOIN LATERAL (SELECT coalesce({_RULES} -> r.attribute, '[]') AS texts OFFSET 0) held
    WHERE r.shipping_option_id = option.id AND r.deleted_at IS NULL
      AND NOT CASE WHEN held.texts = 'null' THEN true ELSE CASE r.operator
        WHEN 'eq' THEN held.texts ? {_TEXT}
        WHEN 'ne' THEN NOT held.texts ? {_TEXT}
        WHEN 'in' THEN {_AMONG}
        WHEN 'nin' THEN NOT {_AMONG}
        ELSE {_COMPARED} END END)"""

# From the channel's few locations to their options, each step by index.
OFFERED = f"""{{row}}.id = ANY(ARRAY(
  SELECT option.id FROM ({_PLACES}) place
  CROSS JOIN LATERAL (
    SELECT l.fulfillment_set_id FROM location_fulfillment_set l
    WHERE l.stock_location_id = place.stock_location_id OFFSET 0) way
  CROSS JOIN LATERAL (
    SELECT z.id FROM service_zone z
    WHERE z.fulfillment_set_id = way.fulfillment_set_id AND z.deleted_at IS NULL OFFSET 0) zone
  CROSS JOIN LATERAL (
    SELECT o.id FROM shipping_option o
    WHERE o.service_zone_id = zone.id AND o.deleted_at IS NULL OFFSET 0) option
  WHERE ({_ANYWHERE} OR {_SERVED}) AND ({_RULES} IS NULL OR {_UNMET} = 0)))"""
