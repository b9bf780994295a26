"""The shipping options of a cart with their prices, and the price of a calculated one.

The facts of the cart are one statement, the options with their prices another.
"""

from dataclasses import dataclass
from decimal import Decimal

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.money import plain_number
from merx.core.shapes import Json
from merx.providers.fulfillment import Destination, Goods
from merx.query.selection import Node
from merx.workflows.selling.shipping_options import (
    Choice,
    Providers,
    ShippingContext,
    list_options,
    price_methods,
)

_NEEDED = """
  SELECT k.inventory_item_id, sum(i.quantity * k.required_quantity) AS quantity
  FROM cart_line_item i
  CROSS JOIN LATERAL (SELECT * FROM product_variant t WHERE t.id = i.variant_id OFFSET 0) v
  JOIN product_variant_inventory_item k ON k.variant_id = v.id
  WHERE i.cart_id = $1 AND i.deleted_at IS NULL AND v.manage_inventory AND NOT v.allow_backorder
  GROUP BY k.inventory_item_id"""

# The locations of the cart's channel that lack some of the cart's items.
_SHORT = """ARRAY(SELECT s.stock_location_id FROM sales_channel_stock_location s
  WHERE s.sales_channel_id = cart.sales_channel_id
    AND (SELECT count(*) FROM needed n WHERE n.quantity > coalesce((
      SELECT sum(l.stocked_quantity - l.reserved_quantity) FROM inventory_level l
      WHERE l.inventory_item_id = n.inventory_item_id AND l.location_id = s.stock_location_id
        AND l.deleted_at IS NULL), 0)) > 0)"""

_FACTS = f"""
WITH needed AS MATERIALIZED ({_NEEDED})
SELECT cart.currency_code, cart.region_id, cart.sales_channel_id, cart.customer_id,
  cart.item_total, a.country_code, a.province, a.city, a.postal_code, {_SHORT} AS short,
  ARRAY(SELECT jsonb_build_array(i.title, i.quantity, i.variant_id, i.variant_sku)
    FROM cart_line_item i WHERE i.cart_id = $1 AND i.deleted_at IS NULL ORDER BY i.id) AS goods
FROM cart LEFT JOIN cart_address a ON a.id = cart.shipping_address_id
WHERE cart.id = $1 AND cart.deleted_at IS NULL"""


@dataclass(frozen=True, slots=True)
class CartFacts:
    """What decides a cart's options, and the locations that lack some of its items."""

    context: ShippingContext
    short_locations: frozenset[str]


async def read_cart_facts(tx: Transaction, cart_id: str, *, is_return: bool = False) -> CartFacts:
    """The facts of a cart; NotFound if it does not exist."""
    record = await tx.fetchrow(_FACTS, cart_id)
    if record is None:
        raise NotFound(f"Cart id not found: {cart_id}")
    to = Destination(
        record["country_code"], record["province"], record["city"], record["postal_code"]
    )
    context = ShippingContext(
        record["currency_code"],
        record["region_id"],
        record["sales_channel_id"],
        to,
        record["customer_id"],
        record["item_total"],
        is_return=is_return,
        enabled_in_store=True,
        goods=[
            Goods(title, Decimal(quantity), sku or "", variant_id=variant_id)
            for title, quantity, variant_id, sku in record["goods"]
        ],
        cart_id=cart_id,
    )
    return CartFacts(context, frozenset(record["short"]))


async def list_cart_options(tx: Transaction, facts: CartFacts, shown: Node) -> list[Json]:
    """The options of a cart as the selection shows them, each with its amount if it has one.

    The selection includes `calculated_price` and the location of each option.
    """
    rows = await list_options(tx, facts.context, shown)
    for row in rows:
        price = row["calculated_price"]
        if price is not None:
            row["amount"] = price["calculated_amount"]
        row["is_tax_inclusive"] = bool(price and price["is_calculated_price_tax_inclusive"])
        location_id = row["service_zone"]["fulfillment_set"]["location"]["id"]
        row["insufficient_inventory"] = location_id in facts.short_locations
    return rows


async def calculate_option(
    tx: Transaction, providers: Providers, facts: CartFacts, choice: Choice, shown: Node
) -> Json:
    """One option with the price that its provider calculates, or its price set has, for the cart.

    NotFound for an option that is not available for the cart.
    """
    priced = await price_methods(tx, providers, facts.context, [choice], validate=False)
    if priced.not_offered:
        raise NotFound(f"Shipping Option with id: {choice.option_id} not found")
    method = priced.checked()[choice.option_id]
    [row] = await list_options(tx, facts.context, shown, [choice.option_id])
    amount = plain_number(method.amount)
    row["amount"] = amount
    row["is_tax_inclusive"] = method.is_tax_inclusive
    if method.price_type == "calculated":
        row["calculated_price"] = {
            "calculated_amount": amount,
            "is_calculated_price_tax_inclusive": method.is_tax_inclusive,
        }
    return row
