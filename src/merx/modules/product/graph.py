"""What can be read of products. Relations to other modules are in `links/`."""

from merx.core.schema import grams_of
from merx.modules.product import models
from merx.modules.product.search_texts import PRODUCT_TEXTS, VARIANT_TEXTS
from merx.query.conditions import Every
from merx.query.graph import (
    Entity,
    Field,
    Relation,
    Through,
    columns,
    many,
    one,
    table_name,
    through,
)

TAGS = Through(models.ProductTagLink.__table__, "product_id", "product_tag_id")
CATEGORIES = Through(models.ProductCategoryLink.__table__, "product_id", "product_category_id")
_OPTIONS = Through(
    models.ProductProductOption.__table__, "product_id", "product_option_id", soft=True
)
_VALUES = Through(
    models.ProductProductOptionValue.__table__,
    "product_product_option_id",
    "product_option_value_id",
    soft=True,
)
_VARIANT_VALUES = Through(models.ProductVariantOption.__table__, "variant_id", "option_value_id")
_IMAGES = Through(models.ProductVariantProductImage.__table__, "variant_id", "image_id", soft=True)

# Images that are not assigned to any variant show on every variant, as on the reference. An
# aggregate, for which the planner asks for these few images and does not collect those of all.
_SHOWS_VARIANT = """{child}.product_id = {parent}.product_id AND coalesce((
    SELECT bool_or(p.variant_id = {parent}.id) FROM product_variant_product_image p
    WHERE p.image_id = {child}.id AND p.deleted_at IS NULL AND (p.variant_id = {parent}.id
      OR (SELECT v.deleted_at IS NULL FROM product_variant v WHERE v.id = p.variant_id))), true)"""

PRODUCT = Entity(
    "product",
    table_name(models.Product.__table__),
    columns(models.Product.__table__),
    {
        "type": one("product_type", "type_id", stub=True),
        "collection": one("product_collection", "collection_id", stub=True),
        "options": through(
            "product_option_in_use",
            _OPTIONS,
        ),
        "product_options": many("product_product_option", "product_id"),
        "tags": through("product_tag", TAGS),
        "categories": through(
            "product_category",
            CATEGORIES,
        ),
        "images": many("image", "product_id", order="{child}.rank, {child}.id"),
        "variants": many("product_variant", "product_id"),
    },
    always=("id",),
    search=(*PRODUCT_TEXTS, *(f"variants.{name}" for name in VARIANT_TEXTS)),
    grams=grams_of("product", *PRODUCT_TEXTS, row="{row}"),
    counted=Every(()),
)

# For each option that the given values belong to, the variant has one of them.
_HAS_VALUES = """{row}.id = ANY(ARRAY(
    SELECT chosen.variant_id FROM product_variant_option chosen
    WHERE chosen.option_value_id = ANY({values})
      AND (SELECT o.deleted_at IS NULL FROM product_option_value o
           WHERE o.id = chosen.option_value_id)
    GROUP BY chosen.variant_id HAVING count(*) = (
        SELECT count(DISTINCT o.option_id) FROM product_option_value o
        WHERE o.id = ANY({values}) AND o.deleted_at IS NULL)))"""

# The reader's region exists: with an unknown region nothing is found.
IN_REGION = "EXISTS (SELECT FROM region r WHERE r.id = ANY({values}) AND r.deleted_at IS NULL)"

# The variant's product is published in one of the sales channels.
_OF_OFFERED = """EXISTS (SELECT FROM product p, product_sales_channel s
    WHERE p.id = {row}.product_id AND p.status = 'published' AND p.deleted_at IS NULL
    AND s.product_id = p.id AND s.sales_channel_id = ANY({values}))"""

VARIANT = Entity(
    "product_variant",
    table_name(models.ProductVariant.__table__),
    columns(models.ProductVariant.__table__, hidden=("price_set_id", "option_key")),
    {
        "product": one("product", "product_id", with_key=True, stub=True),
        "options": through(
            "variant_option_value",
            _VARIANT_VALUES,
            order="{child}.option_id, {child}.id",
        ),
        "images": Relation(
            "image",
            _SHOWS_VARIANT,
            order="{child}.rank, {child}.id",
            brings=("product.*", "variants.*", "variants.product.*"),
        ),
    },
    always=("id",),
    search=(*VARIANT_TEXTS, "product.title", "product.subtitle", "product.description"),
    grams=grams_of("product_variant", *VARIANT_TEXTS, row="{row}"),
    aliases={"price_set": ""},
    predicates={
        "has_option_values": _HAS_VALUES,
        "of_offered": _OF_OFFERED,
        "in_region": IN_REGION,
    },
    checks=("of_offered", "in_region"),
    counted=Every(()),
)

OPTION = Entity(
    "product_option",
    table_name(models.ProductOption.__table__),
    {
        **columns(models.ProductOption.__table__),
        # Options used to belong to one product, and the published API still shows that.
        "product_id": Field(
            "(SELECT u.product_id FROM product_product_option u"
            " WHERE u.product_option_id = {row}.id AND u.deleted_at IS NULL ORDER BY u.id LIMIT 1)",
            starred=False,
        ),
    },
    {
        "product": through(
            "product",
            _OPTIONS.back,
            many=False,
        ),
        "products": through("product", _OPTIONS.back),
        "values": many(
            "product_option_value", "option_id", order="{child}.rank NULLS LAST, {child}.id"
        ),
    },
    search=("title",),
)

# The option as one product uses it: its values are those the product offers.
OPTION_IN_USE = Entity(
    "product_option_in_use",
    OPTION.table,
    {**OPTION.fields, "product_id": Field("{via}.product_id", starred=False)},
    {
        **OPTION.relations,
        "product": Relation("product", "{child}.id = {parent_via}.product_id", many=False),
        "values": through(
            "product_option_value",
            _VALUES,
            order="{child}.rank NULLS LAST, {child}.id",
            from_link=True,
        ),
    },
)

OPTION_VALUE = Entity(
    "product_option_value",
    table_name(models.ProductOptionValue.__table__),
    columns(models.ProductOptionValue.__table__),
    {
        "option": one("product_option", "option_id"),
        "variants": through("product_variant", _VARIANT_VALUES.back),
        "product_options": through(
            "product_product_option",
            _VALUES.back,
        ),
    },
    search=("value",),
)

# The value as a variant shows it: together with its option.
VARIANT_OPTION_VALUE = Entity(
    "variant_option_value",
    OPTION_VALUE.table,
    OPTION_VALUE.fields,
    {
        **OPTION_VALUE.relations,
        "option": one("product_option", "option_id", stub=True, echoes="options"),
    },
)

PRODUCT_OPTION = Entity(
    "product_product_option",
    table_name(models.ProductProductOption.__table__),
    columns(models.ProductProductOption.__table__),
    {
        "product": one("product", "product_id"),
        "product_option": one("product_option", "product_option_id", stub=True),
        "values": through(
            "product_option_value",
            _VALUES,
        ),
    },
    always=("id",),
)

IMAGE = Entity(
    "image",
    table_name(models.ProductImage.__table__),
    columns(models.ProductImage.__table__),
    {
        "product": one("product", "product_id", with_key=True),
        "variants": through(
            "product_variant",
            _IMAGES.back,
        ),
    },
)

TAG = Entity(
    "product_tag",
    table_name(models.ProductTag.__table__),
    columns(models.ProductTag.__table__),
    {"products": through("product", TAGS.back)},
    search=("value",),
)

TYPE = Entity(
    "product_type",
    table_name(models.ProductType.__table__),
    columns(models.ProductType.__table__),
    {"products": many("product", "type_id")},
    search=("value",),
)

COLLECTION = Entity(
    "product_collection",
    table_name(models.ProductCollection.__table__),
    columns(models.ProductCollection.__table__),
    {"products": many("product", "collection_id")},
    search=("title",),
)

_TREE = ("id", "mpath", "parent_category_id")

CATEGORY = Entity(
    "product_category",
    table_name(models.ProductCategory.__table__),
    columns(models.ProductCategory.__table__),
    {
        "parent_category": one("product_category", "parent_category_id", stub=True, follows=_TREE),
        "category_children": many(
            "product_category",
            "parent_category_id",
            order="{child}.rank, {child}.id",
            follows=_TREE,
        ),
        "products": through("product", CATEGORIES.back),
    },
    search=("name", "handle", "description"),
)

VARIANT_INVENTORY_ITEM = Entity(
    "product_variant_inventory_item",
    table_name(models.ProductVariantInventoryItem.__table__),
    columns(models.ProductVariantInventoryItem.__table__),
    {"variant": one("product_variant", "variant_id")},
    always=("variant_id",),
    soft=False,
)

ENTITIES = (
    PRODUCT, VARIANT, OPTION, OPTION_IN_USE, OPTION_VALUE, VARIANT_OPTION_VALUE, PRODUCT_OPTION,
    IMAGE, TAG, TYPE, COLLECTION, CATEGORY, VARIANT_INVENTORY_ITEM,
)  # fmt: skip
