"""Every relation between modules: the map of the shop.

A foreign key names the table; here stands how a reader gets from one module to another.
"""

from merx.modules.api_key import graph as api_key
from merx.modules.auth import models as _auth
from merx.modules.cart import graph as cart
from merx.modules.currency import graph as currency
from merx.modules.customer import graph as customer
from merx.modules.export import models as _export
from merx.modules.fulfillment import graph as fulfillment
from merx.modules.inventory import graph as inventory
from merx.modules.inventory.available import INVENTORY_QUANTITY
from merx.modules.layout import graph as layout
from merx.modules.notification import graph as notification
from merx.modules.order import graph as order
from merx.modules.payment import graph as payment
from merx.modules.pricing import graph as pricing
from merx.modules.pricing.calculated import calculated_price
from merx.modules.pricing.explanation import PRICE_CANDIDATES
from merx.modules.product import graph as product
from merx.modules.product.storefront import STORE_ENTITIES
from merx.modules.promotion import graph as promotion
from merx.modules.region import graph as region
from merx.modules.return_reason import graph as return_reason
from merx.modules.sales_channel import graph as sales_channel
from merx.modules.stock_location import graph as stock_location
from merx.modules.store import graph as store
from merx.modules.tax import graph as tax
from merx.modules.tax.applicable import product_tax_rate
from merx.modules.translation import graph as translation
from merx.modules.user import graph as user
from merx.query.graph import Field, Graph, Join, Relation

# Modules that so far have tables but nothing to read through links.
TABLES = (_auth, _export)

_OWN_PRICE = "{child}.price_set_id = {parent}.price_set_id AND {child}.price_list_id IS NULL"
_ITEMS_OF_VARIANT = Relation(
    "product_variant_inventory_item", "{child}.variant_id = {parent}.id", order="{child}.id"
)
_TRANSLATED = Relation("translation", "{child}.reference_id = {parent}.id", shows=("id",))

LINKS = (
    (
        "customer",
        "account_holders",
        Relation(
            "account_holder",
            via=Join("customer_account_holder", "customer_id", "account_holder_id"),
        ),
    ),
    (
        "account_holder",
        "customer",
        Relation(
            "customer",
            via=Join("customer_account_holder", "account_holder_id", "customer_id"),
            many=False,
        ),
    ),
    (
        "region",
        "payment_providers",
        Relation(
            "payment_provider",
            via=Join("region_payment_provider", "region_id", "payment_provider_id"),
        ),
    ),
    (
        "store_currency",
        "currency",
        Relation(
            "currency",
            "{child}.code = {parent}.currency_code",
            many=False,
            shows=("currency_code",),
        ),
    ),
    (
        "store_locale",
        "locale",
        Relation(
            "locale", "{child}.code = {parent}.locale_code", many=False, shows=("locale_code",)
        ),
    ),
    (
        "product",
        "sales_channels",
        Relation(
            "sales_channel",
            via=Join("product_sales_channel", "product_id", "sales_channel_id"),
            broad=True,
        ),
    ),
    (
        "product",
        "shipping_profile",
        Relation(
            "shipping_profile",
            via=Join("product_shipping_profile", "product_id", "shipping_profile_id"),
            many=False,
        ),
    ),
    ("product", "translations", _TRANSLATED),
    ("product_variant", "translations", _TRANSLATED),
    ("product_option", "translations", _TRANSLATED),
    ("product_option_in_use", "translations", _TRANSLATED),
    ("product_option_value", "translations", _TRANSLATED),
    ("variant_option_value", "translations", _TRANSLATED),
    ("product_tag", "translations", _TRANSLATED),
    ("product_type", "translations", _TRANSLATED),
    ("product_collection", "translations", _TRANSLATED),
    ("product_category", "translations", _TRANSLATED),
    ("product_variant", "prices", Relation("variant_price", _OWN_PRICE)),
    ("store_variant", "prices", Relation("store_price", _OWN_PRICE)),
    ("store_variant", "inventory_items", _ITEMS_OF_VARIANT),
    (
        "product_variant",
        "listed_prices",
        Relation(
            "price",
            "{child}.price_set_id = {parent}.price_set_id AND {child}.price_list_id IS NOT NULL",
        ),
    ),
    (
        "price_set",
        "variant",
        Relation("product_variant", "{child}.price_set_id = {parent}.id", many=False),
    ),
    (
        "product_variant",
        "inventory_items",
        _ITEMS_OF_VARIANT,
    ),
    (
        "product_variant",
        "inventory",
        Relation(
            "inventory_item",
            via=Join("product_variant_inventory_item", "variant_id", "inventory_item_id"),
        ),
    ),
    (
        "product_variant_inventory_item",
        "inventory",
        Relation(
            "inventory_item",
            "{child}.id = {parent}.inventory_item_id",
            many=False,
            shows=("inventory_item_id",),
        ),
    ),
    (
        "inventory_item",
        "variants",
        Relation(
            "product_variant",
            via=Join("product_variant_inventory_item", "inventory_item_id", "variant_id"),
        ),
    ),
    (
        "inventory_level",
        "stock_locations",
        Relation("stock_location", "{child}.id = {parent}.location_id", shows=("location_id",)),
    ),
    (
        "reservation_item",
        "location",
        Relation("stock_location", "{child}.id = {parent}.location_id", many=False),
    ),
    (
        "sales_channel",
        "products",
        Relation("product", via=Join("product_sales_channel", "sales_channel_id", "product_id")),
    ),
    (
        "sales_channel",
        "stock_locations",
        Relation(
            "stock_location",
            via=Join("sales_channel_stock_location", "sales_channel_id", "stock_location_id"),
        ),
    ),
    (
        "stock_location",
        "sales_channels",
        Relation(
            "sales_channel",
            via=Join("sales_channel_stock_location", "stock_location_id", "sales_channel_id"),
        ),
    ),
    (
        "sales_channel",
        "publishable_api_keys",
        Relation(
            "api_key",
            via=Join("publishable_api_key_sales_channel", "sales_channel_id", "publishable_key_id"),
        ),
    ),
    (
        "api_key",
        "sales_channels",
        Relation(
            "sales_channel",
            via=Join("publishable_api_key_sales_channel", "publishable_key_id", "sales_channel_id"),
        ),
    ),
    (
        "stock_location",
        "fulfillment_providers",
        Relation(
            "fulfillment_provider",
            via=Join(
                "location_fulfillment_provider", "stock_location_id", "fulfillment_provider_id"
            ),
        ),
    ),
    (
        "fulfillment_provider",
        "locations",
        Relation(
            "stock_location",
            via=Join(
                "location_fulfillment_provider", "fulfillment_provider_id", "stock_location_id"
            ),
        ),
    ),
    (
        "stock_location",
        "fulfillment_sets",
        Relation(
            "fulfillment_set",
            via=Join("location_fulfillment_set", "stock_location_id", "fulfillment_set_id"),
        ),
    ),
    (
        "fulfillment_set",
        "location",
        Relation(
            "stock_location",
            via=Join("location_fulfillment_set", "fulfillment_set_id", "stock_location_id"),
            many=False,
        ),
    ),
    ("shipping_option", "prices", Relation("shipping_option_price", _OWN_PRICE)),
    (
        "fulfillment",
        "location",
        Relation(
            "stock_location",
            "{child}.id = {parent}.location_id",
            many=False,
            shows=("location_id",),
        ),
    ),
    (
        "shipping_profile",
        "products",
        Relation(
            "product", via=Join("product_shipping_profile", "shipping_profile_id", "product_id")
        ),
    ),
    (
        "cart",
        "region",
        Relation("region", "{child}.id = {parent}.region_id", many=False, shows=("region_id",)),
    ),
    (
        "cart",
        "customer",
        Relation(
            "customer", "{child}.id = {parent}.customer_id", many=False, shows=("customer_id",)
        ),
    ),
    (
        "cart",
        "sales_channel",
        Relation(
            "sales_channel",
            "{child}.id = {parent}.sales_channel_id",
            many=False,
            shows=("sales_channel_id",),
        ),
    ),
    (
        "cart",
        "promotions",
        Relation("promotion", via=Join("cart_promotion", "cart_id", "promotion_id")),
    ),
    (
        "cart_line_item",
        "product",
        Relation("product", "{child}.id = {parent}.product_id", many=False, shows=("product_id",)),
    ),
    (
        "cart_line_item",
        "variant",
        Relation(
            "product_variant", "{child}.id = {parent}.variant_id", many=False, shows=("variant_id",)
        ),
    ),
    (
        "cart_shipping_method",
        "shipping_option",
        Relation(
            "shipping_option",
            "{child}.id = {parent}.shipping_option_id",
            many=False,
            shows=("shipping_option_id",),
        ),
    ),
    (
        "order",
        "customer",
        Relation(
            "customer",
            "{child}.id = {parent}.customer_id",
            many=False,
            shows=("customer_id",),
        ),
    ),
    (
        "order",
        "sales_channel",
        Relation(
            "sales_channel",
            "{child}.id = {parent}.sales_channel_id",
            many=False,
            shows=("sales_channel_id",),
        ),
    ),
    (
        "order",
        "region",
        Relation(
            "region",
            "{child}.id = {parent}.region_id",
            many=False,
            shows=("region_id",),
        ),
    ),
    (
        "order",
        "cart",
        Relation("cart", via=Join("order_cart", "order_id", "cart_id"), many=False),
    ),
    (
        "order",
        "promotions",
        Relation("promotion", via=Join("order_promotion", "order_id", "promotion_id")),
    ),
    (
        "order",
        "fulfillments",
        Relation("fulfillment", via=Join("order_fulfillment", "order_id", "fulfillment_id")),
    ),
    (
        "order_version",
        "customer",
        Relation(
            "customer",
            "{child}.id = {parent}.customer_id",
            many=False,
            shows=("customer_id",),
        ),
    ),
    (
        "order_version",
        "sales_channel",
        Relation(
            "sales_channel",
            "{child}.id = {parent}.sales_channel_id",
            many=False,
            shows=("sales_channel_id",),
        ),
    ),
    (
        "order_version",
        "region",
        Relation(
            "region",
            "{child}.id = {parent}.region_id",
            many=False,
            shows=("region_id",),
        ),
    ),
    (
        "order_version",
        "cart",
        Relation("cart", via=Join("order_cart", "order_id", "cart_id"), many=False),
    ),
    (
        "order_version",
        "promotions",
        Relation("promotion", via=Join("order_promotion", "order_id", "promotion_id")),
    ),
    (
        "order_version",
        "fulfillments",
        Relation("fulfillment", via=Join("order_fulfillment", "order_id", "fulfillment_id")),
    ),
    (
        "order_line",
        "variant",
        Relation(
            "product_variant",
            "{child}.id = {parent}.variant_id",
            many=False,
            shows=("variant_id",),
        ),
    ),
    (
        "order_line",
        "product",
        Relation(
            "product",
            "{child}.id = {parent}.product_id",
            many=False,
            shows=("product_id",),
        ),
    ),
    (
        "order_shipping_method",
        "shipping_option",
        Relation(
            "shipping_option",
            "{child}.id = {parent}.shipping_option_id",
            many=False,
            shows=("shipping_option_id",),
        ),
    ),
    (
        "order",
        "payment_collections",
        Relation(
            "payment_collection",
            via=Join("order_payment_collection", "order_id", "payment_collection_id"),
        ),
    ),
    (
        "order_version",
        "payment_collections",
        Relation(
            "payment_collection",
            via=Join("order_payment_collection", "order_id", "payment_collection_id"),
        ),
    ),
    (
        "payment_collection",
        "order",
        Relation(
            "order",
            via=Join("order_payment_collection", "payment_collection_id", "order_id"),
            many=False,
        ),
    ),
    (
        "payment_collection",
        "cart",
        Relation(
            "cart",
            via=Join("cart_payment_collection", "payment_collection_id", "cart_id"),
            many=False,
        ),
    ),
    (
        "cart",
        "payment_collection",
        Relation(
            "payment_collection",
            via=Join("cart_payment_collection", "cart_id", "payment_collection_id"),
            many=False,
        ),
    ),
    (
        "cart",
        "order",
        Relation("order", via=Join("order_cart", "cart_id", "order_id"), many=False),
    ),
    (
        "customer",
        "orders",
        Relation("order", "{child}.customer_id = {parent}.id"),
    ),
    (
        "fulfillment",
        "order",
        Relation("order", via=Join("order_fulfillment", "fulfillment_id", "order_id"), many=False),
    ),
)

_PRICED_VARIANT = Field(
    "(SELECT v.id FROM product_variant v WHERE v.price_set_id = {row}.price_set_id)",
    starred=False,
    shows=("price_set_id",),
    whole=True,
)

# Taxes are due where the goods go, unless the region leaves them to somebody else.
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

COMPUTED = (
    ("product_variant", "inventory_quantity", INVENTORY_QUANTITY),
    ("product_variant", "calculated_price", calculated_price(_TAX_RATE, _IS_TAXED)),
    ("product_variant", "price_candidates", PRICE_CANDIDATES),
    # Taxes of a delivery are told by the cart, which knows what is delivered.
    ("shipping_option", "calculated_price", calculated_price("0", "false")),
    ("store_variant", "inventory_quantity", INVENTORY_QUANTITY),
    ("store_variant", "calculated_price", calculated_price(_TAX_RATE, _IS_TAXED)),
    ("listed_price", "variant_id", _PRICED_VARIANT),
)

GRAPH = Graph(
    (
        *product.ENTITIES,
        *STORE_ENTITIES,
        *pricing.ENTITIES,
        *inventory.ENTITIES,
        *stock_location.ENTITIES,
        *sales_channel.ENTITIES,
        *fulfillment.ENTITIES,
        *translation.ENTITIES,
        *user.ENTITIES,
        *api_key.ENTITIES,
        *notification.ENTITIES,
        *layout.ENTITIES,
        *currency.ENTITIES,
        *region.ENTITIES,
        *payment.ENTITIES,
        *store.ENTITIES,
        *tax.ENTITIES,
        *customer.ENTITIES,
        *order.ENTITIES,
        *promotion.ENTITIES,
        *cart.ENTITIES,
        *return_reason.ENTITIES,
    ),
    LINKS,
    COMPUTED,
)
