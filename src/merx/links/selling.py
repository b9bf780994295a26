"""Carts, promotions, payments and delivery."""

from merx.modules.cart import graph as cart
from merx.modules.cart.models import CartPromotion
from merx.modules.fulfillment import graph as fulfillment
from merx.modules.payment import graph as payment
from merx.modules.payment.models import CartPaymentCollection, CustomerAccountHolder
from merx.modules.pricing.calculated import calculated_price
from merx.modules.promotion import graph as promotion
from merx.modules.stock_location.models import LocationFulfillmentProvider, LocationFulfillmentSet
from merx.query.graph import Through, one, through

LOCATION_PROVIDERS = Through(
    LocationFulfillmentProvider.__table__,
    "stock_location_id",
    "fulfillment_provider_id",
    "locfp",
)
LOCATION_SETS = Through(LocationFulfillmentSet.__table__, "stock_location_id", "fulfillment_set_id")
CART_PROMOTIONS = Through(CartPromotion.__table__, "cart_id", "promotion_id")
CART_COLLECTIONS = Through(CartPaymentCollection.__table__, "cart_id", "payment_collection_id")
ACCOUNT_HOLDERS = Through(CustomerAccountHolder.__table__, "customer_id", "account_holder_id")

ENTITIES = (*cart.ENTITIES, *fulfillment.ENTITIES, *payment.ENTITIES, *promotion.ENTITIES)

LINKS = {
    "stock_location.fulfillment_providers": through("fulfillment_provider", LOCATION_PROVIDERS),
    "fulfillment_provider.locations": through("stock_location", LOCATION_PROVIDERS.back),
    "stock_location.fulfillment_sets": through("fulfillment_set", LOCATION_SETS),
    "fulfillment_set.location": through("stock_location", LOCATION_SETS.back, many=False),
    "fulfillment.location": one("stock_location", "location_id", with_key=True),
    "customer.account_holders": through("account_holder", ACCOUNT_HOLDERS),
    "account_holder.customer": through("customer", ACCOUNT_HOLDERS.back, many=False),
    "cart.region": one("region", "region_id", with_key=True),
    "cart.customer": one("customer", "customer_id", with_key=True),
    "cart.sales_channel": one("sales_channel", "sales_channel_id", with_key=True),
    "cart.promotions": through("promotion", CART_PROMOTIONS),
    "cart.payment_collection": through("payment_collection", CART_COLLECTIONS, many=False),
    "payment_collection.cart": through("cart", CART_COLLECTIONS.back, many=False),
    "cart_line_item.product": one("product", "product_id", with_key=True),
    "cart_line_item.variant": one("product_variant", "variant_id", with_key=True),
    "cart_shipping_method.shipping_option": one(
        "shipping_option", "shipping_option_id", with_key=True
    ),
}

# The taxes of a shipping method are those of its cart, which knows the items shipped.
FIELDS = {"shipping_option.calculated_price": calculated_price("0", "false")}
