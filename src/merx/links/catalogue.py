"""Products: their sales channels, shipping profiles and translations."""

from merx.modules.product import graph as product
from merx.modules.product.models import ProductSalesChannel, ProductShippingProfile
from merx.modules.product.storefront import STORE_ENTITIES
from merx.modules.translation import graph as translation
from merx.query.graph import Field, Through, many, through

PRODUCT_CHANNELS = Through(
    ProductSalesChannel.__table__, "product_id", "sales_channel_id", "prodsc"
)
PRODUCT_PROFILE = Through(ProductShippingProfile.__table__, "product_id", "shipping_profile_id")

_TRANSLATIONS = many("translation", "reference_id", shows=("id",))

ENTITIES = (
    *product.ENTITIES, *map(translation.translated, STORE_ENTITIES), *translation.ENTITIES,
)  # fmt: skip

LINKS = {
    "product.sales_channels": through("sales_channel", PRODUCT_CHANNELS, broad=True),
    "product.shipping_profile": through("shipping_profile", PRODUCT_PROFILE, many=False),
    "sales_channel.products": through("product", PRODUCT_CHANNELS.back),
    "shipping_profile.products": through("product", PRODUCT_PROFILE.back),
    "product.translations": _TRANSLATIONS,
    "product_variant.translations": _TRANSLATIONS,
    "product_option.translations": _TRANSLATIONS,
    "product_option_in_use.translations": _TRANSLATIONS,
    "product_option_value.translations": _TRANSLATIONS,
    "variant_option_value.translations": _TRANSLATIONS,
    "product_tag.translations": _TRANSLATIONS,
    "product_type.translations": _TRANSLATIONS,
    "product_collection.translations": _TRANSLATIONS,
    "product_category.translations": _TRANSLATIONS,
}

FIELDS = dict[str, Field]()
