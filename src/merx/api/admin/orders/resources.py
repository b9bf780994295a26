"""What an admin reads of orders."""

from fastapi import Request, Response

from merx.core.database import Transaction
from merx.links import GRAPH
from merx.query.conditions import Compare, Condition
from merx.query.run import read_every
from merx.web.filters import list_of, numbers, texts, times, words
from merx.web.queries import page_query, read_query
from merx.web.reads import answer_one, find_one, wrap
from merx.web.resource import Resource

_PLAIN = (
    "id, display_id, custom_display_id, status, version, summary, total, metadata, locale,"
    " created_at, updated_at"
)
_WHOLE = (
    f"{_PLAIN}, region_id, total, subtotal, tax_total, discount_total, discount_tax_total,"
    " original_total, original_subtotal, original_tax_total, item_total, item_subtotal,"
    " item_tax_total, original_item_total, original_item_subtotal, original_item_tax_total,"
    " shipping_total, shipping_subtotal, shipping_tax_total, original_shipping_tax_total,"
    " original_shipping_subtotal, original_shipping_total, credit_line_total,"
    " credit_line_subtotal, credit_line_tax_total, *items, *credit_lines, *items.tax_lines,"
    " *items.adjustments, *items.variant, *items.variant.product, *items.detail,"
    " *shipping_address, *billing_address, *shipping_methods, *shipping_methods.detail,"
    " *shipping_methods.tax_lines,"
    " *shipping_methods.adjustments, *payment_collections, *payment_collections.payments,"
    " *payment_collections.payments.refunds, *payment_collections.payments.captures"
)
_FILTERS = {
    "id": words("id"),
    "status": texts("status"),
    "sales_channel_id": list_of("sales_channel_id"),
    "region_id": texts("region_id"),
    "customer_id": texts("customer_id"),
    "created_at": times("created_at"),
    "updated_at": times("updated_at"),
    "total": numbers("total"),
    # Beyond the reference: the order's payment and fulfillment status.
    "payment_status": texts("payment_status"),
    "fulfillment_status": texts("fulfillment_status"),
}
UNKNOWN = "Order id not found: {id}"

# Items always come with their totals and quantities.
LOADED_ITEMS = ("items.*", "items.tax_lines.*", "items.adjustments.*", "items.detail.*")

# The reference always shows the statuses of orders, whatever `fields` asks for.
ORDERS = Resource(
    "order",
    "order",
    "orders",
    _PLAIN,
    _FILTERS,
    limit=15,
    ignores_unknown=True,
    also=("status", "version", *LOADED_ITEMS, "payment_status", "fulfillment_status"),
)
COME = (
    "status",
    "version",
    "payment_collections.*",
    "fulfillments.*",
    "payment_status",
    "fulfillment_status",
)
ORDER = Resource("order", "order", "orders", _WHOLE, missing=UNKNOWN, context=("version",))
_READ = Resource(
    "order", "order", "orders", _WHOLE, missing=UNKNOWN, context=("version",), also=COME
)
_AT_VERSION = Resource(
    "order_version", "order", "orders", _WHOLE, missing=UNKNOWN, context=("version",), also=COME
)


async def answer_order(tx: Transaction, order_id: str, request: Request) -> Response:
    """`{order}` after a change: without the paths that a read adds to any `fields`."""
    return await answer_one(tx, ORDER, order_id, request)


async def read_order(tx: Transaction, order_id: str, request: Request) -> Response:
    """`{order}` at its current version, or at the one given in the query."""
    query = read_query(request, ORDER)
    version = str(query.context.get("version", ""))
    if version.isdecimal():
        at = Compare(("at_version",), "=", int(version))
        return wrap(order=await find_one(tx, _AT_VERSION, order_id, query, at))
    return wrap(order=await find_one(tx, _READ, order_id, query))


ALL_ORDERS = Compare(("is_draft_order",), "=", False)

_CHANGE = (
    "id, order_id, return_id, claim_id, exchange_id, version, change_type, *actions, description,"
    " status, internal_note, created_by, requested_by, requested_at, confirmed_by, confirmed_at,"
    " declined_by, declined_reason, metadata, declined_at, canceled_by, canceled_at, created_at,"
    " updated_at, carry_over_promotions"
)
CHANGES = Resource(
    "order_change",
    "order_change",
    "order_changes",
    f"{_CHANGE}, no_notification",
    {
        "id": texts("id"),
        "status": texts("status"),
        "change_type": texts("change_type"),
        **{name: times(name) for name in ("created_at", "updated_at", "deleted_at")},
    },
    missing='OrderChange with id "{id}" not found',
)
# As on the reference, the answer to an update lacks one of the fields.
CHANGED = Resource(
    "order_change", "order_change", "order_changes", _CHANGE, missing=CHANGES.missing
)
LINE_ITEMS = Resource(
    "order_item_history",
    "order_item",
    "order_items",
    "id, order_id, item_id, version, *item",
    {"id": texts("id"), "item_id": texts("item_id")},
    context=("version",),
    also=("history",),
)


async def answer_all(
    tx: Transaction, resource: Resource, request: Request, condition: Condition
) -> Response:
    """`{plural: rows}` without pages, as an order has few."""
    page = page_query(request, resource, condition)
    rows = await read_every(tx, GRAPH, page.plan)
    return wrap(**{resource.plural: b"[" + b",".join(rows) + b"]"})
