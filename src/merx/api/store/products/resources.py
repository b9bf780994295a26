"""Products as a storefront reads them: default fields, filters, and everything it may see."""

from merx.api.store.shopper import AMOUNT, CONTEXT
from merx.modules.product.facets import FACETS
from merx.web.filters import Filter, Nested, boolean, bounds, text, texts, times
from merx.web.resource import Resource

TIMES: dict[str, Filter | Nested] = {
    name: times(name) for name in ("created_at", "updated_at", "deleted_at")
}
_COLUMNS = (
    "id", "title", "subtitle", "description", "handle", "is_giftcard", "discountable", "thumbnail",
    "collection_id", "type_id", "weight", "length", "height", "width", "hs_code", "origin_country",
    "mid_code", "material", "created_at", "updated_at",
)  # fmt: skip
_SHOWN = (
    *_COLUMNS,
    "type", "collection", "options", "options.values", "tags", "images", "variants",
    "variants.options", "metadata", "categories", "status", "external_id", "deleted_at",
)  # fmt: skip
_OF_VARIANT = (
    "calculated_price", "inventory_quantity", "manage_inventory", "allow_backorder", "images",
    "thumbnail", "options.option", "inventory_items", "inventory_items.inventory_item_id",
    "inventory_items.required_quantity", "inventory_items.inventory",
    "inventory_items.inventory.location_levels", "prices", "id", "title", "sku", "barcode", "ean",
    "upc", "hs_code", "origin_country", "mid_code", "material", "weight", "length", "height",
    "width", "created_at", "updated_at", "deleted_at", "options.id", "options.value",
)  # fmt: skip
_OF_PARTS = (
    "options.id", "options.title", "options.is_exclusive", "options.values.id",
    "options.values.value", "images.id", "images.url", "images.rank", "type.id", "type.value",
    "type.created_at", "type.updated_at", "tags.id", "tags.value", "tags.created_at",
    "tags.updated_at", "collection.id", "collection.title", "collection.handle",
    "collection.created_at", "collection.updated_at", "collection.deleted_at",
    "collection.metadata",
)  # fmt: skip
# Products of a category, a collection or a tag show no more than this either.
PRODUCT_SHOWN = (*_SHOWN, *(f"variants.{name}" for name in _OF_VARIANT), *_OF_PARTS)

_OPTION = Nested("options", {"value": text("value"), "option_id": text("option_id")})
PRODUCT = Resource(
    "store_product",
    "product",
    "products",
    f"{','.join(_COLUMNS)},*type,*collection,*options,*options.values,*tags,*images,*variants,"
    "*variants.options",
    {
        "id": texts("id"),
        "title": texts("title"),
        "handle": texts("handle"),
        "is_giftcard": boolean("is_giftcard"),
        "category_id": texts("categories.id"),
        "option_id": texts("options.id"),
        "option_value_id": texts("variants.has_option_values"),
        "external_id": texts("external_id"),
        "collection_id": texts("collection_id"),
        "tag_id": texts("tags.id"),
        "type_id": texts("type_id"),
        "variants": Nested(
            "variants",
            {
                "options": _OPTION,
                "id": texts("id"),
                "sku": texts("sku"),
                "ean": texts("ean"),
                "upc": texts("upc"),
                "barcode": texts("barcode"),
                **TIMES,
            },
        ),
        # Merx's own: the price of a variant, and whether it can be bought.
        "price": Nested("variants", bounds(AMOUNT)),
        "available": boolean("is_available"),
        **TIMES,
    },
    limit=50,
    missing="Product with id: {id} was not found",
    context=(*CONTEXT, "sales_channel_id"),
    allowed=PRODUCT_SHOWN,
    facets=FACETS,
)
