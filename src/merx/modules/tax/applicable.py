"""The rate of tax that applies to something at a place, as one SQL expression.

The rule is written down in docs/reference/taxes.md. Look-ups go by index, from the few rates of a
region to the one rule that can name the thing; a rate with many rules costs no more.
"""

from collections.abc import Sequence

Named = tuple[str, str]
"""A kind of rule and the SQL of the id that it must name: `("product", "v.product_id")`."""


def product_tax_rate(*, product: str, product_type: str, country: str, province: str) -> str:
    """The total rate in percent for a product at a place; each argument is an SQL expression.

    0 where no rate applies; NULL as product type or province stands for none.
    """
    return total_rate([("product", product), ("product_type", product_type)], country, province)


def total_rate(things: Sequence[Named], country: str, province: str) -> str:
    """The total rate in percent for what rules can name as one of `things`, strongest first."""
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


def _winner(region: str, things: Sequence[Named]) -> str:
    """The rate of a region whose rule is the strongest; of several, the one that is older."""
    named = " ".join(
        f"WHEN EXISTS (SELECT 1 FROM tax_rate_rule q WHERE q.tax_rate_id = r.id"
        f" AND q.reference_id = {thing} AND q.reference = '{kind}' AND q.deleted_at IS NULL)"
        f" THEN {strength}"
        for strength, (kind, thing) in enumerate(things)
    )
    ranked = f"CASE {named} WHEN r.is_default THEN {len(things)} END"
    return (
        f"SELECT ranked.* FROM (SELECT r.id, r.rate, r.is_combinable, {ranked} AS strength"
        f" FROM tax_rate r WHERE r.tax_region_id = {region} AND r.deleted_at IS NULL) ranked"
        " WHERE ranked.strength IS NOT NULL ORDER BY ranked.strength, ranked.id LIMIT 1"
    )
