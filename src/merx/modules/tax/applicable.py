"""The tax rates that apply at a place: their total as an SQL expression, or each rate of many
things in one statement.

docs/reference/taxes.md specifies the rule. Look-ups use an index, from the few rates of a region to
the one rule that can match, so rates with many rules cost no more.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from merx.core.database import Transaction

Named = tuple[str, str]
"""A kind of rule and the SQL of the id that it must name: `("product", "v.product_id")`."""


def product_tax_rate(*, product: str, product_type: str, country: str, province: str) -> str:
    """The total rate in percent for a product at a place; each argument is an SQL expression.

    0 if no rate applies; NULL as product type or province means none.
    """
    return total_rate([("product", product), ("product_type", product_type)], country, province)


def total_rate(things: Sequence[Named], country: str, province: str) -> str:
    """The total rate in percent for something that rules can match as one of `things`, strongest
    first.
    """
    return f"""coalesce((SELECT CASE
    WHEN near.id IS NULL THEN coalesce(far.rate, 0)
    WHEN near.is_combinable AND province.parent_id = country.id
      THEN coalesce(near.rate, 0) + coalesce(far.rate, 0)
    ELSE coalesce(near.rate, 0) END
  FROM tax_region country
  LEFT JOIN tax_region province ON province.country_code = lower({country})
    AND province.province_code = lower({province}) AND province.deleted_at IS NULL
  LEFT JOIN LATERAL ({_winner("province.id", things)}) near ON true
  LEFT JOIN LATERAL ({_winner("country.id", things)}) far ON true
  WHERE country.country_code = lower({country})
    AND country.province_code IS NULL AND country.deleted_at IS NULL), 0)"""


class Thing(NamedTuple):
    """What a rate can apply to: a product with its type, or a shipping option."""

    product_id: str | None = None
    product_type_id: str | None = None
    shipping_option_id: str | None = None


class Rate(NamedTuple):
    """A rate that applies, in percent."""

    id: str
    code: str
    name: str
    rate: Decimal


class Regime(NamedTuple):
    """Who computes the taxes of a place, and the rates of each thing, the province's first."""

    provider_id: str
    rates: list[list[Rate]]


async def find_regime(
    tx: Transaction,
    things: Sequence[Thing],
    *,
    country: str,
    province: str | None,
    region_id: str | None = None,
) -> Regime | None:
    """The rates of the things at a place, in one statement.

    None if no taxes are due: without things, without a tax region of the country, or if the given
    region leaves taxes to another system.
    """
    # Equal things, such as several lines of one product, are looked up once.
    given = list(dict.fromkeys(things))
    asked = (
        [thing.product_id for thing in given],
        [thing.product_type_id for thing in given],
        [thing.shipping_option_id for thing in given],
        country,
        region_id,
    )
    if province is None:
        records = await tx.fetch(_REGIME_OF_COUNTRY, *asked)
    else:
        records = await tx.fetch(_REGIME, *asked, province)
    if not records:
        return None
    rates = {thing: list[Rate]() for thing in given}
    for record in records:
        if record["id"] is not None:
            found = Rate(record["id"], record["code"], record["name"], record["rate"])
            place: int = record["place"]
            rates[given[place - 1]].append(found)
    return Regime(records[0]["provider_id"], [rates[thing] for thing in things])


def _winner(region: str, things: Sequence[Named]) -> str:
    """The rate of a region with the strongest matching rule; of several, the oldest."""
    named = " ".join(
        f"WHEN EXISTS (SELECT 1 FROM tax_rate_rule q WHERE q.tax_rate_id = r.id"
        f" AND q.reference_id = {thing} AND q.reference = '{kind}' AND q.deleted_at IS NULL)"
        f" THEN {strength}"
        for strength, (kind, thing) in enumerate(things)
    )
    ranked = f"CASE {named} WHEN r.is_default THEN {len(things)} END"
    return (
        f"SELECT ranked.* FROM (SELECT r.id, r.code, r.name, r.rate, r.is_combinable,"
        f" {ranked} AS strength"
        f" FROM tax_rate r WHERE r.tax_region_id = {region} AND r.deleted_at IS NULL) ranked"
        " WHERE ranked.strength IS NOT NULL ORDER BY ranked.strength, ranked.id LIMIT 1"
    )


_THINGS = [
    ("product", "given.product"),
    ("product_type", "given.product_type"),
    ("shipping_option", "given.shipping_option"),
]

_GIVEN = """unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY
  AS given(product, product_type, shipping_option, place)"""
_OF_COUNTRY = """country.country_code = lower($4::text) AND country.province_code IS NULL
  AND country.deleted_at IS NULL
  AND coalesce((SELECT r.automatic_taxes FROM region r WHERE r.id = $5::text), true)"""

_REGIME = f"""SELECT given.place, country.provider_id, rate.id, rate.code, rate.name,
  coalesce(rate.rate, 0) AS rate
FROM tax_region country
LEFT JOIN tax_region province ON province.country_code = country.country_code
  AND province.province_code = lower($6::text) AND province.deleted_at IS NULL
CROSS JOIN {_GIVEN}
LEFT JOIN LATERAL ({_winner("province.id", _THINGS)}) near ON true
LEFT JOIN LATERAL ({_winner("country.id", _THINGS)}) far
  ON near.id IS NULL OR near.is_combinable AND province.parent_id = country.id
LEFT JOIN LATERAL (
  SELECT 1 AS step, near.id, near.code, near.name, near.rate WHERE near.id IS NOT NULL
  UNION ALL
  SELECT 2, far.id, far.code, far.name, far.rate WHERE far.id IS NOT NULL) rate ON true
WHERE {_OF_COUNTRY}
ORDER BY given.place, rate.step"""

# The same where no province is named: at most one rate of each thing.
_REGIME_OF_COUNTRY = f"""SELECT given.place, country.provider_id, far.id, far.code, far.name,
  coalesce(far.rate, 0) AS rate
FROM tax_region country
CROSS JOIN {_GIVEN}
LEFT JOIN LATERAL ({_winner("country.id", _THINGS)}) far ON true
WHERE {_OF_COUNTRY}"""
