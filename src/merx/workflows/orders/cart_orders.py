"""The order made from a cart: with the same lines, prices, taxes and discounts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from merx.batch import Row
from merx.core.database import Transaction
from merx.core.shapes import Json
from merx.modules.order.new import NewAddress, NewLine, NewMethod, NewOrder, NewTaxLine
from merx.modules.order.state import Adjustment, Credit
from merx.workflows.selling.carts.draft import AdjustmentRow, Draft, Line, TaxRow, Way
from merx.workflows.selling.carts.load import UNKNOWN, lock_cart_with

_TEXTS = (
    "subtitle",
    "thumbnail",
    "product_title",
    "product_description",
    "product_subtitle",
    "product_type",
    "product_collection",
    "product_handle",
    "variant_sku",
    "variant_barcode",
    "variant_title",
    "variant_option_values",
    "is_giftcard",
)
_ADDRESS = NewAddress._fields


def _pairs(*names: str) -> str:
    return ", ".join(f"'{name}', {name}" for name in names)


# What an order takes over, beside what a change of the cart needs to know.
_COPIED = f"""
  (SELECT json_object_agg(id, json_build_object({_pairs(*_TEXTS)})) FROM cart_line_item
    WHERE cart_id = c.id AND deleted_at IS NULL) AS texts,
  (SELECT json_object_agg(id, json_build_object({_pairs(*_ADDRESS)})) FROM cart_address
    WHERE id = ANY(ARRAY[c.shipping_address_id, c.billing_address_id])) AS addresses,"""

_CREDITS = """SELECT amount, reference, reference_id, metadata FROM cart_credit_line
WHERE cart_id = $1 AND deleted_at IS NULL ORDER BY id"""


class Copied(NamedTuple):
    """The texts of each line of a cart, and its addresses, by id."""

    texts: Mapping[str, Row]
    addresses: Mapping[str, Row]


async def lock_to_place(
    tx: Transaction, cart_id: str, *, unknown: str = UNKNOWN
) -> tuple[Draft, Copied]:
    """The cart, locked until the end, with what its order copies; NotFound if it does not exist."""
    draft, record = await lock_cart_with(tx, cart_id, _COPIED, unknown=unknown)
    return draft, Copied(_json(record["texts"]), _json(record["addresses"]))


async def order_of(tx: Transaction, draft: Draft, copied: Copied) -> NewOrder:
    """The cart as an order."""
    shipping_id = draft.shipping_address.id if draft.shipping_address else None
    billing_id = draft.billing_address_id
    texts, addresses = copied
    return NewOrder(
        draft.currency_code,
        region_id=draft.region_id,
        email=draft.email,
        customer_id=draft.customer_id,
        sales_channel_id=draft.sales_channel_id,
        shipping_address=_address(addresses.get(shipping_id or "")),
        billing_address=_address(addresses.get(billing_id or "")),
        lines=[_line(line, texts[line.id]) for line in draft.lines],
        methods=[_method(way) for way in draft.ways],
        credits=await _credits(tx, draft),
        promotion_ids=draft.promotion_ids,
        locale=draft.locale,
        metadata=draft.metadata,
        no_notification=False,
    )


def _json(value: bytes | None) -> Json:
    return {} if value is None else orjson.loads(value)


def _address(row: Row | None) -> NewAddress | None:
    return None if row is None else NewAddress(**row)


async def _credits(tx: Transaction, draft: Draft) -> list[Credit]:
    if not draft.credits:
        return []
    return [
        Credit(one["amount"], one["reference"], one["reference_id"], 1, one["metadata"])
        for one in await tx.fetch(_CREDITS, draft.id)
    ]


def _line(line: Line, texts: Any) -> NewLine:
    return NewLine(
        title=line.title,
        quantity=Decimal(line.quantity),
        unit_price=line.unit_price,
        variant_id=line.variant_id,
        product_id=line.product_id,
        product_type_id=line.product_type_id,
        requires_shipping=line.requires_shipping,
        is_discountable=line.is_discountable,
        is_tax_inclusive=line.is_tax_inclusive,
        is_custom_price=line.is_custom_price,
        compare_at_unit_price=line.compare_at_unit_price,
        metadata=line.metadata,
        tax_lines=[_tax(tax) for tax in line.taxes],
        adjustments=[_adjustment(taken) for taken in line.adjustments],
        **{name: texts[name] for name in _TEXTS},
    )


def _method(way: Way) -> NewMethod:
    return NewMethod(
        way.name,
        way.amount,
        shipping_option_id=way.shipping_option_id,
        is_tax_inclusive=way.is_tax_inclusive,
        data=way.data,
        tax_lines=[_tax(tax) for tax in way.taxes],
        adjustments=[_adjustment(taken) for taken in way.adjustments],
    )


def _tax(tax: TaxRow) -> NewTaxLine:
    return NewTaxLine(tax.code, tax.rate, tax.description, tax.tax_rate_id, tax.provider_id)


def _adjustment(taken: AdjustmentRow) -> Adjustment:
    return Adjustment(
        taken.amount, taken.code, taken.promotion_id, is_tax_inclusive=taken.is_tax_inclusive
    )
