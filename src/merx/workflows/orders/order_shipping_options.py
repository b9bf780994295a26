"""The shipping options of an order: those of its address and channel, regardless of their rules, as
on the reference, since an admin may choose any of them.
"""

from typing import Any

from merx.core.database import Transaction
from merx.core.shapes import Json
from merx.modules.order.load import load_order
from merx.query.selection import Node
from merx.workflows.orders.new_lines import buying, destination
from merx.workflows.selling.shipping_options import ShippingContext, list_options

# The locations of the order's channel that lack stock for ordering everything once more, beyond
# what is reserved. As on the reference, backorders are not considered.
_SHORT = """
WITH needed AS MATERIALIZED (
  SELECT k.inventory_item_id, sum(i.quantity * k.required_quantity) AS quantity
  FROM "order" o
  JOIN order_item i ON i.order_id = o.id AND i.version = o.version
  JOIN order_line_item l ON l.id = i.item_id
  CROSS JOIN LATERAL (SELECT * FROM product_variant t WHERE t.id = l.variant_id OFFSET 0) v
  JOIN product_variant_inventory_item k ON k.variant_id = v.id
  WHERE o.id = $1 AND v.manage_inventory
  GROUP BY k.inventory_item_id)
SELECT s.stock_location_id FROM sales_channel_stock_location s
WHERE s.sales_channel_id = $2 AND EXISTS (SELECT FROM needed n WHERE n.quantity > coalesce((
  SELECT sum(l.stocked_quantity - l.reserved_quantity) FROM inventory_level l
  WHERE l.inventory_item_id = n.inventory_item_id AND l.location_id = s.stock_location_id
    AND l.deleted_at IS NULL), 0))"""


async def list_order_options(tx: Transaction, order_id: str, shown: Node) -> list[Json]:
    """The options as the selection shows them, each with whether its location is short of stock.

    NotFound if there is no such order.
    """
    head = (await load_order(tx, order_id)).head
    who = await buying(tx, head)
    context = ShippingContext(
        head.currency_code,
        head.region_id,
        head.sales_channel_id,
        to=destination(who.place),
        customer_id=head.customer_id,
        ruled=False,
    )
    rows = await list_options(tx, context, shown)
    short = {row[0] for row in await tx.fetch(_SHORT, order_id, head.sales_channel_id)}
    for row in rows:
        location: dict[str, Any] = row["service_zone"]["fulfillment_set"]["location"]
        # One without an address lacks the key, as on the reference.
        if location["address"] is None:
            del location["address"]
        row["insufficient_inventory"] = location["id"] in short
    return rows
