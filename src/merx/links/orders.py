"""Orders: their customers, items, payments and fulfillments."""

from merx.links.order_statuses import FULFILLMENT_STATUS, PAYMENT_STATUS
from merx.modules.cart.models import OrderCart
from merx.modules.order import graph as order
from merx.modules.order.join_models import OrderFulfillment, OrderPromotion
from merx.modules.order.return_models import ReturnFulfillment
from merx.modules.payment.models import OrderPaymentCollection
from merx.modules.return_reason import graph as return_reason
from merx.query.graph import Relation, Through, many, one, through

ORDER_CART = Through(OrderCart.__table__, "order_id", "cart_id")
ORDER_PROMOTIONS = Through(OrderPromotion.__table__, "order_id", "promotion_id")
ORDER_FULFILLMENTS = Through(OrderFulfillment.__table__, "order_id", "fulfillment_id")
RETURN_FULFILLMENTS = Through(ReturnFulfillment.__table__, "return_id", "fulfillment_id")
ORDER_COLLECTIONS = Through(OrderPaymentCollection.__table__, "order_id", "payment_collection_id")

ENTITIES = (*order.ENTITIES, *return_reason.ENTITIES)


def _of_order(entity: str) -> dict[str, Relation]:
    """The relations of an order, the same at any version."""
    return {
        f"{entity}.customer": one("customer", "customer_id", with_key=True),
        f"{entity}.sales_channel": one("sales_channel", "sales_channel_id", with_key=True),
        f"{entity}.region": one("region", "region_id", with_key=True),
        f"{entity}.cart": through("cart", ORDER_CART, many=False),
        f"{entity}.promotions": through("promotion", ORDER_PROMOTIONS),
        f"{entity}.fulfillments": through("fulfillment", ORDER_FULFILLMENTS),
        f"{entity}.payment_collections": through("payment_collection", ORDER_COLLECTIONS),
    }


LINKS = {
    **_of_order("order"),
    **_of_order("order_version"),
    "order_line.variant": one("product_variant", "variant_id", with_key=True),
    "order_line.product": one("product", "product_id", with_key=True),
    "order_shipping_method.shipping_option": one(
        "shipping_option", "shipping_option_id", with_key=True
    ),
    "payment_collection.order": through("order", ORDER_COLLECTIONS.back, many=False),
    "cart.order": through("order", ORDER_CART.back, many=False),
    "customer.orders": many("order", "customer_id"),
    "order.returns": many("return", "order_id"),
    "order.claims": many("order_claim", "order_id"),
    "order.exchanges": many("order_exchange", "order_id"),
    "return.location": one("stock_location", "location_id", with_key=True),
    "return.fulfillments": through("fulfillment", RETURN_FULFILLMENTS),
    "return_item.reason": one("return_reason", "reason_id", with_key=True),
    "fulfillment.order": through("order", ORDER_FULFILLMENTS.back, many=False),
}

FIELDS = {
    f"{entity}.{name}": value
    for entity in ("order", "order_version")
    for name, value in (
        ("payment_status", PAYMENT_STATUS),
        ("fulfillment_status", FULFILLMENT_STATUS),
    )
}
