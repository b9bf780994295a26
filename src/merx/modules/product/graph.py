"""What can be read of products. Relations to other modules are in `links.py`."""

from merx.modules.product import models
from merx.query.graph import Entity, Field, Join, Relation, columns, table_name

# Images that are assigned to no variant show on every variant, as on the reference.
_SHOWS_VARIANT = """{child}.product_id = {parent}.product_id AND (
    EXISTS (SELECT 1 FROM product_variant_product_image p WHERE p.image_id = {child}.id
            AND p.variant_id = {parent}.id AND p.deleted_at IS NULL)
    OR NOT EXISTS (SELECT 1 FROM product_variant_product_image p WHERE p.image_id = {child}.id
                   AND p.deleted_at IS NULL
                   AND (SELECT v.deleted_at IS NULL FROM product_variant v
                        WHERE v.id = p.variant_id)))"""

PRODUCT = Entity(
    "product",
    table_name(models.Product.__table__),
    columns(models.Product.__table__),
    {
        "type": Relation("product_type", "{child}.id = {parent}.type_id", many=False, stub=True),
        "collection": Relation(
            "product_collection", "{child}.id = {parent}.collection_id", many=False, stub=True
        ),
        "options": Relation(
            "product_option_in_use",
            via=Join("product_product_option", "product_id", "product_option_id", soft=True),
        ),
        "product_options": Relation("product_product_option", "{child}.product_id = {parent}.id"),
        "tags": Relation("product_tag", via=Join("product_tags", "product_id", "product_tag_id")),
        "categories": Relation(
            "product_category",
            via=Join("product_category_product", "product_id", "product_category_id"),
        ),
        "images": Relation(
            "image", "{child}.product_id = {parent}.id", order="{child}.rank, {child}.id"
        ),
        "variants": Relation("product_variant", "{child}.product_id = {parent}.id"),
    },
    always=("id",),
    search=(
        "title",
        "subtitle",
        "description",
        "handle",
        "variants.title",
        "variants.sku",
        "variants.barcode",
        "variants.ean",
        "variants.upc",
    ),
)

# Of each option that the given values belong to, the variant has one of them.
_HAS_VALUES = """{row}.id = ANY(ARRAY(
    SELECT chosen.variant_id FROM product_variant_option chosen
    WHERE chosen.option_value_id = ANY({values})
      AND (SELECT o.deleted_at IS NULL FROM product_option_value o
           WHERE o.id = chosen.option_value_id)
    GROUP BY chosen.variant_id HAVING count(*) = (
        SELECT count(DISTINCT o.option_id) FROM product_option_value o
        WHERE o.id = ANY({values}) AND o.deleted_at IS NULL)))"""

# The reader's region exists: nothing is found for one that does not.
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
        "product": Relation(
            "product",
            "{child}.id = {parent}.product_id",
            many=False,
            shows=("product_id",),
            stub=True,
        ),
        "options": Relation(
            "variant_option_value",
            via=Join("product_variant_option", "variant_id", "option_value_id"),
            order="{child}.option_id, {child}.id",
        ),
        "images": Relation("image", _SHOWS_VARIANT, order="{child}.rank, {child}.id"),
    },
    always=("id",),
    search=(
        "title",
        "sku",
        "barcode",
        "ean",
        "upc",
        "product.title",
        "product.subtitle",
        "product.description",
    ),
    aliases={"price_set": ""},
    tests={"has_option_values": _HAS_VALUES, "of_offered": _OF_OFFERED, "in_region": IN_REGION},
)

OPTION = Entity(
    "product_option",
    table_name(models.ProductOption.__table__),
    {
        **columns(models.ProductOption.__table__),
        # Options were a product's own once, and the published API still shows it.
        "product_id": Field(
            "(SELECT u.product_id FROM product_product_option u"
            " WHERE u.product_option_id = {row}.id AND u.deleted_at IS NULL ORDER BY u.id LIMIT 1)",
            starred=False,
        ),
    },
    {
        "product": Relation(
            "product",
            via=Join("product_product_option", "product_option_id", "product_id", soft=True),
            many=False,
        ),
        "products": Relation(
            "product",
            via=Join("product_product_option", "product_option_id", "product_id", soft=True),
        ),
        "values": Relation(
            "product_option_value",
            "{child}.option_id = {parent}.id",
            order="{child}.rank NULLS LAST, {child}.id",
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
        "values": Relation(
            "product_option_value",
            via=Join(
                "product_product_option_value",
                "product_product_option_id",
                "product_option_value_id",
                soft=True,
                parent="{parent_via}",
            ),
            order="{child}.rank NULLS LAST, {child}.id",
        ),
    },
)

OPTION_VALUE = Entity(
    "product_option_value",
    table_name(models.ProductOptionValue.__table__),
    columns(models.ProductOptionValue.__table__),
    {
        "option": Relation("product_option", "{child}.id = {parent}.option_id", many=False),
        "variants": Relation(
            "product_variant", via=Join("product_variant_option", "option_value_id", "variant_id")
        ),
        "product_options": Relation(
            "product_product_option",
            via=Join(
                "product_product_option_value",
                "product_option_value_id",
                "product_product_option_id",
                soft=True,
            ),
        ),
    },
    search=("value",),
)

# The value as a variant shows it: with its option beside it.
VARIANT_OPTION_VALUE = Entity(
    "variant_option_value",
    OPTION_VALUE.table,
    OPTION_VALUE.fields,
    {
        **OPTION_VALUE.relations,
        "option": Relation(
            "product_option",
            "{child}.id = {parent}.option_id",
            many=False,
            stub=True,
            echoes="options",
        ),
    },
)

PRODUCT_OPTION = Entity(
    "product_product_option",
    table_name(models.ProductProductOption.__table__),
    columns(models.ProductProductOption.__table__),
    {
        "product": Relation("product", "{child}.id = {parent}.product_id", many=False),
        "product_option": Relation(
            "product_option", "{child}.id = {parent}.product_option_id", many=False, stub=True
        ),
        "values": Relation(
            "product_option_value",
            via=Join(
                "product_product_option_value",
                "product_product_option_id",
                "product_option_value_id",
                soft=True,
            ),
        ),
    },
    always=("id",),
)

IMAGE = Entity(
    "image",
    table_name(models.ProductImage.__table__),
    columns(models.ProductImage.__table__),
    {
        "product": Relation(
            "product", "{child}.id = {parent}.product_id", many=False, shows=("product_id",)
        ),
        "variants": Relation(
            "product_variant",
            via=Join("product_variant_product_image", "image_id", "variant_id", soft=True),
        ),
    },
)

TAG = Entity(
    "product_tag",
    table_name(models.ProductTag.__table__),
    columns(models.ProductTag.__table__),
    {"products": Relation("product", via=Join("product_tags", "product_tag_id", "product_id"))},
    search=("value",),
)

TYPE = Entity(
    "product_type",
    table_name(models.ProductType.__table__),
    columns(models.ProductType.__table__),
    {"products": Relation("product", "{child}.type_id = {parent}.id")},
    search=("value",),
)

COLLECTION = Entity(
    "product_collection",
    table_name(models.ProductCollection.__table__),
    columns(models.ProductCollection.__table__),
    {"products": Relation("product", "{child}.collection_id = {parent}.id")},
    search=("title",),
)

_TREE = ("id", "mpath", "parent_category_id")

CATEGORY = Entity(
    "product_category",
    table_name(models.ProductCategory.__table__),
    columns(models.ProductCategory.__table__),
    {
        "parent_category": Relation(
            "product_category",
            "{child}.id = {parent}.parent_category_id",
            many=False,
            stub=True,
            follows=_TREE,
        ),
        "category_children": Relation(
            "product_category",
            "{child}.parent_category_id = {parent}.id",
            order="{child}.rank, {child}.id",
            follows=_TREE,
        ),
        "products": Relation(
            "product", via=Join("product_category_product", "product_category_id", "product_id")
        ),
    },
    search=("name", "handle", "description"),
)

VARIANT_INVENTORY_ITEM = Entity(
    "product_variant_inventory_item",
    table_name(models.ProductVariantInventoryItem.__table__),
    columns(models.ProductVariantInventoryItem.__table__),
    {"variant": Relation("product_variant", "{child}.id = {parent}.variant_id", many=False)},
    always=("variant_id",),
    soft=False,
)

ENTITIES = (
    PRODUCT, VARIANT, OPTION, OPTION_IN_USE, OPTION_VALUE, VARIANT_OPTION_VALUE, PRODUCT_OPTION,
    IMAGE, TAG, TYPE, COLLECTION, CATEGORY, VARIANT_INVENTORY_ITEM,
)  # fmt: skip
