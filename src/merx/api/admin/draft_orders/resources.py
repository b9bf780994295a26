"""What an admin reads of draft orders."""

from merx.api.admin.orders.resources import COME, LOADED_ITEMS
from merx.query.conditions import Compare
from merx.web.filters import list_of, texts, times
from merx.web.resource import Resource

_HEAD = "id, display_id, custom_display_id, status, version, email, region_id, *items"
_END = "summary, total, metadata, created_at, updated_at"
_WHOLE = (
    f"{_HEAD}, *items.tax_lines, *items.adjustments, *items.detail, *items.variant,"
    " *items.variant.product, *shipping_address, *billing_address, *shipping_methods,"
    " *shipping_methods.detail, *shipping_methods.tax_lines, *shipping_methods.adjustments,"
    f" {_END}"
)
IS_DRAFT = Compare(("is_draft_order",), "=", True)

DRAFTS = Resource(
    "order",
    "draft_order",
    "draft_orders",
    f"{_HEAD}, {_END}",
    {
        "id": texts("id"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "region_id": texts("region_id"),
        "sales_channel_id": list_of("sales_channel_id"),
        "customer_id": texts("customer_id"),
    },
    limit=50,
    also=("status", "version", *LOADED_ITEMS, "payment_status", "fulfillment_status"),
)
READ = Resource(
    "order", "draft_order", "draft_orders", _WHOLE, missing="Order id not found: {id}", also=COME
)
DRAFT = Resource(
    "order",
    "draft_order",
    "draft_orders",
    _WHOLE,
    object="draft-order",
    missing="Order id not found: {id}",
)
# A draft that has become an order.
ORDER = Resource(
    "order",
    "order",
    "orders",
    _WHOLE,
    missing="Order id not found: {id}",
)
