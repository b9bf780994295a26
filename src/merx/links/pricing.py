"""Prices: which variant or shipping option they belong to, and what a variant costs."""

from dataclasses import replace

from merx.modules.currency import graph as currency
from merx.modules.pricing import graph as pricing
from merx.modules.pricing.calculated import CALCULATED_AMOUNT, calculated_price
from merx.modules.pricing.explanation import PRICE_CANDIDATES
from merx.modules.tax import graph as tax
from merx.modules.tax.applicable import product_tax_rate
from merx.query.graph import Field, many, one

_OWN = "{child}.price_list_id IS NULL"
_LISTED = "{child}.price_list_id IS NOT NULL"

ENTITIES = (*pricing.ENTITIES, *currency.ENTITIES, *tax.ENTITIES)

LINKS = {
    "product_variant.prices": many("variant_price", "price_set_id", near="price_set_id", own=_OWN),
    "store_variant.prices": many("store_price", "price_set_id", near="price_set_id", own=_OWN),
    "product_variant.listed_prices": many(
        "price", "price_set_id", near="price_set_id", own=_LISTED
    ),
    "price_set.variant": one("product_variant", "id", far="price_set_id"),
    "shipping_option.prices": many(
        "shipping_option_price", "price_set_id", near="price_set_id", own=_OWN
    ),
}

_PRICED_VARIANT = Field(
    "(SELECT v.id FROM product_variant v WHERE v.price_set_id = {row}.price_set_id)",
    starred=False,
    shows=("price_set_id",),
    whole=True,
)

# Taxes are due at the destination, unless the region leaves them to another system.
_AUTOMATIC = """coalesce((SELECT r.automatic_taxes FROM region r
    WHERE r.id = {context[region_id]}), true)"""
_IS_TAXED = f"({{context[country_code]}} IS NOT NULL AND {_AUTOMATIC})"
_AT_PLACE = product_tax_rate(
    product="{row}.product_id",
    product_type="(SELECT p.type_id FROM product p WHERE p.id = {row}.product_id)",
    country="{context[country_code]}",
    province="{context[province]}",
)
_TAX_RATE = f"CASE WHEN {_AUTOMATIC} THEN {_AT_PLACE} ELSE 0 END"

_CALCULATED = calculated_price(_TAX_RATE, _IS_TAXED)

FIELDS = {
    "product_variant.calculated_price": _CALCULATED,
    "store_variant.calculated_price": replace(_CALCULATED, ordered_by="calculated_amount"),
    "store_variant.calculated_amount": CALCULATED_AMOUNT,
    "product_variant.price_candidates": PRICE_CANDIDATES,
    "listed_price.variant_id": _PRICED_VARIANT,
}
