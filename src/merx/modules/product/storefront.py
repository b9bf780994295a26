"""The catalogue as a storefront sees it.

The tables are those of `graph.py`, but relations lead only to products that are published in one of
the storefront's sales channels, and to categories that are active and not internal, at any depth.
No `fields` text can therefore reach anything else.
"""

from dataclasses import replace

from merx.modules.product.graph import (
    CATEGORY,
    COLLECTION,
    IN_REGION,
    OPTION_IN_USE,
    OPTION_VALUE,
    PRODUCT,
    TAG,
    TYPE,
    VARIANT,
    VARIANT_OPTION_VALUE,
)
from merx.modules.product.search_index import HAS_WORD, PLACE, SCORE
from merx.query.graph import Entity, Field, Kind, Relation

# Sales channels are comma-separated ids, as everywhere in a reader's context.
_CHANNELS = "string_to_array({context[sales_channel_id]}, ',')"
_OFFERED = f"""({{child}}.status = 'published' AND EXISTS (
    SELECT FROM product_sales_channel s WHERE s.product_id = {{child}}.id
    AND s.sales_channel_id = ANY({_CHANNELS})))"""
_VISIBLE = "({child}.is_active AND NOT {child}.is_internal)"

# The condition that a product is sold in one of the channels.
_SOLD = """({row}.status = 'published' AND EXISTS (
    SELECT FROM product_sales_channel s WHERE s.product_id = {row}.id
    AND s.sales_channel_id = ANY({values})))"""
IS_OFFERED = "is_offered"

_SEARCH_SCORE = Field(SCORE, Kind.NUMBER, starred=False, uses=("search",))
_SEARCH_PLACE = Field(PLACE, Kind.NUMBER, starred=False, uses=("found",))


def _sold(relation: Relation) -> Relation:
    return replace(relation, target="store_product", only=_OFFERED, uses=("sales_channel_id",))


def _visible(relation: Relation) -> Relation:
    return replace(relation, target="store_product_category", only=_VISIBLE)


def _with_products(entity: Entity) -> Entity:
    relations = {**entity.relations, "products": _sold(entity.relations["products"])}
    return replace(entity, name=f"store_{entity.name}", relations=relations)


# Relations to prices, stock and the like are in `links/`.
STORE_VARIANT = replace(
    VARIANT,
    name="store_variant",
    relations={
        **VARIANT.relations,
        "options": replace(VARIANT.relations["options"], target="store_variant_value"),
    },
)
# A product's offered values and a variant's chosen ones; otherwise options are read as elsewhere.
STORE_OPTION = replace(
    OPTION_IN_USE,
    name="store_option",
    relations={
        **OPTION_IN_USE.relations,
        "values": replace(OPTION_IN_USE.relations["values"], target="store_option_value"),
    },
)
STORE_OPTION_VALUE = replace(OPTION_VALUE, name="store_option_value")
STORE_VARIANT_VALUE = replace(VARIANT_OPTION_VALUE, name="store_variant_value")

STORE_PRODUCT = replace(
    PRODUCT,
    name="store_product",
    relations={
        **PRODUCT.relations,
        "categories": _visible(PRODUCT.relations["categories"]),
        "variants": replace(PRODUCT.relations["variants"], target="store_variant"),
        "options": replace(PRODUCT.relations["options"], target="store_option"),
        "type": replace(PRODUCT.relations["type"], target="store_product_type"),
        "collection": replace(PRODUCT.relations["collection"], target="store_product_collection"),
        "tags": replace(PRODUCT.relations["tags"], target="store_product_tag"),
    },
    fields={**PRODUCT.fields, "search_score": _SEARCH_SCORE, "search_place": _SEARCH_PLACE},
    predicates={IS_OFFERED: _SOLD, "in_region": IN_REGION, "has_word": HAS_WORD},
    checks=(IS_OFFERED, "in_region"),
    counted_by=IS_OFFERED,
)

_CATEGORY = _with_products(CATEGORY)
STORE_CATEGORY = replace(
    _CATEGORY,
    relations={
        **_CATEGORY.relations,
        "parent_category": _visible(CATEGORY.relations["parent_category"]),
        "category_children": _visible(CATEGORY.relations["category_children"]),
    },
)

STORE_ENTITIES = (
    STORE_PRODUCT, STORE_VARIANT, STORE_CATEGORY, STORE_OPTION, STORE_OPTION_VALUE,
    STORE_VARIANT_VALUE, *map(_with_products, (COLLECTION, TAG, TYPE)),
)  # fmt: skip
