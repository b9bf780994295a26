"""Resources of products and variants: the contract's default fields and filters."""

from merx.modules.pricing.context import NAMES
from merx.modules.product.schemas import STATUSES
from merx.web.filters import Filter, Nested, boolean, list_of, text, texts, times
from merx.web.resource import Resource

TIMES: dict[str, Filter | Nested] = {
    name: times(name) for name in ("created_at", "updated_at", "deleted_at")
}
VARIANT_FILTERS: dict[str, Filter | Nested] = {
    "id": texts("id"),
    "manage_inventory": boolean("manage_inventory"),
    "allow_backorder": boolean("allow_backorder"),
    "sku": texts("sku"),
    "ean": texts("ean"),
    "upc": texts("upc"),
    "barcode": texts("barcode"),
    **TIMES,
}
# The context of calculated prices and inventory quantities. Merx's own: the reference has no such
# parameters here.
CONTEXT = NAMES

PRODUCT = Resource(
    "product",
    "product",
    "products",
    "id, title, subtitle, status, external_id, description, handle, is_giftcard, discountable,"
    " thumbnail, collection_id, type_id, weight, length, height, width, hs_code, origin_country,"
    " mid_code, material, created_at, updated_at, deleted_at, metadata, *type, *collection,"
    " *options, *options.values, *tags, *images, *variants, *variants.prices,"
    " variants.prices.price_rules.value, variants.prices.price_rules.attribute,"
    " *variants.options, *variants.images, *sales_channels",
    {
        "variants": Nested("variants", VARIANT_FILTERS),
        "status": list_of("status", STATUSES),
        "price_list_id": list_of("variants.listed_prices.price_list_id"),
        "sales_channel_id": texts("sales_channels.id"),
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
        **TIMES,
    },
    limit=50,
    missing="Product not found",
    context=CONTEXT,
    ignores_unknown=True,
)

VARIANT = Resource(
    "product_variant",
    "variant",
    "variants",
    "id, title, sku, thumbnail, barcode, ean, upc, allow_backorder, manage_inventory, hs_code,"
    " origin_country, mid_code, material, weight, length, height, width, metadata, variant_rank,"
    " product_id, created_at, updated_at, deleted_at, *prices, *options, prices.price_rules.value,"
    " prices.price_rules.attribute",
    VARIANT_FILTERS,
    limit=50,
    missing="Variant with id: {id} was not found",
    context=(*CONTEXT, "sales_channel_id"),
)

OPTION = Resource(
    "product_option",
    "product_option",
    "product_options",
    "id, title",
    {"id": texts("id"), "title": text("title"), **TIMES},
    limit=50,
)
