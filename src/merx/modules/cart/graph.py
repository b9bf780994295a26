"""What can be read of carts."""

from merx.modules.cart import models
from merx.modules.totals.columns import raw
from merx.modules.totals.totals import ROW_TOTALS, WHOLE_TOTALS
from merx.query.graph import Entity, Field, columns, many, one, table_name

_PARTS = ("subtotal", "total")
# Totals of a cart are returned only when named; totals of its rows also with `*`.
_WHOLE = {
    name: Field(f'{{row}}."{name}"', field.kind, starred=False)
    for name, field in columns(models.Cart.__table__).items()
    if name in WHOLE_TOTALS
}

CART = Entity(
    "cart",
    table_name(models.Cart.__table__),
    {
        **columns(models.Cart.__table__, hidden=("version", "reminded_at")),
        **_WHOLE,
        **raw(*WHOLE_TOTALS, starred=False),
    },
    {
        "items": many("cart_line_item", "cart_id"),
        "shipping_methods": many("cart_shipping_method", "cart_id"),
        "shipping_address": one("cart_address", "shipping_address_id"),
        "billing_address": one("cart_address", "billing_address_id"),
        "credit_lines": many("cart_credit_line", "cart_id"),
    },
    always=("id",),
    search=("email",),
)

LINE = Entity(
    "cart_line_item",
    table_name(models.CartLineItem.__table__),
    {
        **columns(models.CartLineItem.__table__),
        **raw("unit_price", "compare_at_unit_price", *ROW_TOTALS),
    },
    {
        "tax_lines": many("cart_line_item_tax_line", "item_id"),
        "adjustments": many("cart_line_item_adjustment", "item_id"),
        "cart": one("cart", "cart_id", with_key=True, stub=True),
    },
)

LINE_TAX = Entity(
    "cart_line_item_tax_line",
    table_name(models.CartLineItemTaxLine.__table__),
    {**columns(models.CartLineItemTaxLine.__table__), **raw(*_PARTS)},
)

LINE_ADJUSTMENT = Entity(
    "cart_line_item_adjustment",
    table_name(models.CartLineItemAdjustment.__table__),
    {**columns(models.CartLineItemAdjustment.__table__), **raw("amount", *_PARTS)},
)

METHOD = Entity(
    "cart_shipping_method",
    table_name(models.CartShippingMethod.__table__),
    {**columns(models.CartShippingMethod.__table__), **raw("amount", *ROW_TOTALS)},
    {
        "tax_lines": many("cart_shipping_method_tax_line", "shipping_method_id"),
        "adjustments": many("cart_shipping_method_adjustment", "shipping_method_id"),
        "cart": one("cart", "cart_id", with_key=True, stub=True),
    },
    always=("id",),
)

METHOD_TAX = Entity(
    "cart_shipping_method_tax_line",
    table_name(models.CartShippingMethodTaxLine.__table__),
    {**columns(models.CartShippingMethodTaxLine.__table__), **raw(*_PARTS)},
)

METHOD_ADJUSTMENT = Entity(
    "cart_shipping_method_adjustment",
    table_name(models.CartShippingMethodAdjustment.__table__),
    {**columns(models.CartShippingMethodAdjustment.__table__), **raw("amount", *_PARTS)},
)

ADDRESS = Entity(
    "cart_address",
    table_name(models.CartAddress.__table__),
    columns(models.CartAddress.__table__),
)

CREDIT = Entity(
    "cart_credit_line",
    table_name(models.CartCreditLine.__table__),
    {**columns(models.CartCreditLine.__table__), **raw("amount")},
    always=("id",),
)

ENTITIES = (
    CART,
    LINE,
    LINE_TAX,
    LINE_ADJUSTMENT,
    METHOD,
    METHOD_TAX,
    METHOD_ADJUSTMENT,
    ADDRESS,
    CREDIT,
)
