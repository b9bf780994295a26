"""Locks a cart and loads it, in one statement.

The lines and the other parts must be at least as new as the lock, but a statement that waited for
the lock sees them as they were before it waited. It therefore also returns whether the cart's row
has changed meanwhile; if so, the cart is loaded again. For this to work, every change to a part of
a cart is made under its lock and also updates its row.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.modules.totals.totals import ROW_TOTALS, RowTotals
from merx.workflows.selling.carts.draft import (
    Address,
    AdjustmentRow,
    Draft,
    Line,
    Region,
    TaxRow,
    Way,
)
from merx.workflows.selling.promotions import HAS_OFFERS

UNKNOWN = "Cart id not found: {}"
UNKNOWN_TO_READERS = "Cart with id '{}' not found"

# Lists are arrays rather than aggregates, which PostgreSQL takes longer to set up.
# Amounts are sent as text: a JSON number would lose digits in the parser.
_TOTALS = ", ".join(f"'{name}', row.{name}::text" for name in ROW_TOTALS)


def _parts(table: str, key: str, amount: str, *columns: str) -> str:
    """The tax lines or adjustments of `row`: their columns, and their exact amounts."""
    pairs = ", ".join(f"'{name}', part.{name}" for name in columns)
    exact = ", ".join(f"'{name}', part.{name}::text" for name in (amount, "subtotal", "total"))
    return f"""array_to_json(ARRAY(SELECT json_build_object({pairs}, {exact})
    FROM {table} part WHERE part.{key} = row.id ORDER BY part.id))"""


_TAX = ("code", "description", "tax_rate_id", "provider_id")
_TAKEN = ("promotion_id", "code")
_LINE_TAXES = _parts("cart_line_item_tax_line", "item_id", "rate", *_TAX)
_LINE_TAKEN = _parts("cart_line_item_adjustment", "item_id", "amount", *_TAKEN, "is_tax_inclusive")
_WAY_TAXES = _parts("cart_shipping_method_tax_line", "shipping_method_id", "rate", *_TAX)
_WAY_TAKEN = _parts("cart_shipping_method_adjustment", "shipping_method_id", "amount", *_TAKEN)
_LINES = f"""array_to_json(ARRAY(SELECT json_build_object(
    'id', row.id, 'variant_id', row.variant_id, 'product_id', row.product_id,
    'product_type_id', row.product_type_id, 'title', row.title, 'quantity', row.quantity,
    'metadata', row.metadata, 'unit_price', row.unit_price::text,
    'compare_at_unit_price', row.compare_at_unit_price::text,
    'is_tax_inclusive', row.is_tax_inclusive, 'is_custom_price', row.is_custom_price,
    'is_discountable', row.is_discountable, 'requires_shipping', row.requires_shipping,
    'totals', json_build_object({_TOTALS}),
    'taxes', {_LINE_TAXES},
    'adjustments', {_LINE_TAKEN})
  FROM cart_line_item row WHERE row.cart_id = c.id AND row.deleted_at IS NULL ORDER BY row.id))"""
_WAYS = f"""array_to_json(ARRAY(SELECT json_build_object(
    'id', row.id, 'shipping_option_id', row.shipping_option_id, 'name', row.name,
    'amount', row.amount::text, 'is_tax_inclusive', row.is_tax_inclusive, 'data', row.data,
    'shipping_profile_id', (SELECT o.shipping_profile_id FROM shipping_option o
      WHERE o.id = row.shipping_option_id),
    'totals', json_build_object({_TOTALS}),
    'taxes', {_WAY_TAXES},
    'adjustments', {_WAY_TAKEN})
  FROM cart_shipping_method row
  WHERE row.cart_id = c.id AND row.deleted_at IS NULL ORDER BY row.id))"""

_REGION = """json_build_object('id', r.id, 'name', r.name, 'currency_code', r.currency_code,
    'countries', ARRAY(SELECT n.iso_2 FROM country n WHERE n.region_id = r.id
      ORDER BY n.iso_2))"""

_LOAD = f"""
SELECT c.version, c.total, c.currency_code, c.sales_channel_id, c.customer_id, c.email, c.locale,
  c.metadata, c.completed_at IS NOT NULL AS completed, c.billing_address_id,
  (SELECT u.has_account FROM customer u WHERE u.id = c.customer_id) AS has_account,
  (SELECT {_REGION} FROM region r WHERE r.id = c.region_id) AS region,
  (SELECT json_build_object('id', a.id, 'country_code', a.country_code, 'province', a.province,
      'city', a.city, 'postal_code', a.postal_code, 'address_1', a.address_1)
   FROM cart_address a WHERE a.id = c.shipping_address_id) AS shipping_address,
  {_LINES} AS lines, {_WAYS} AS ways,
  ARRAY(SELECT l.amount FROM cart_credit_line l
   WHERE l.cart_id = c.id AND l.deleted_at IS NULL ORDER BY l.id) AS credits,
  ARRAY(SELECT p.promotion_id FROM cart_promotion p
   WHERE p.cart_id = c.id ORDER BY p.id) AS promotion_ids,
  (SELECT p.payment_collection_id FROM cart_payment_collection p WHERE p.cart_id = c.id)
    AS collection_id,
  (SELECT o.order_id FROM order_cart o WHERE o.cart_id = c.id) AS order_id,
  (SELECT y.decimal_digits FROM currency y WHERE y.code = c.currency_code) AS digits,
  {HAS_OFFERS} AS has_offers,
  c.ctid <> (SELECT y.ctid FROM cart y WHERE y.id = $1) AS is_newer
FROM cart c WHERE c.id = $1 AND c.deleted_at IS NULL"""

_LOCKED = " FOR NO KEY UPDATE OF c"

_FIND_REGION = f"""SELECT {_REGION} AS region, {HAS_OFFERS} AS has_offers FROM region r
WHERE r.deleted_at IS NULL AND ($1::text IS NULL OR r.id = $1) ORDER BY r.id LIMIT 1"""


async def lock_cart(tx: Transaction, cart_id: str) -> Draft:
    """The cart, locked until the end; NotFound if it does not exist."""
    draft, _ = await lock_cart_with(tx, cart_id, "")
    return draft


async def lock_cart_with(
    tx: Transaction, cart_id: str, more: str, *, unknown: str = UNKNOWN
) -> tuple[Draft, Any]:
    """The cart, locked until the end, and the record that was read of it: with `more` columns,
    which are SQL over the cart's row `c`. NotFound if it does not exist.
    """
    text = _with(more)
    record = await tx.fetchrow(text + _LOCKED, cart_id)
    if record is not None and record["is_newer"]:
        record = await tx.fetchrow(text, cart_id)
    if record is None:
        raise NotFound(unknown.format(cart_id))
    return _draft(cart_id, record), record


@lru_cache(maxsize=10)
def _with(more: str) -> str:
    return _LOAD.replace("SELECT", f"SELECT {more}", 1)


async def load_cart(tx: Transaction, cart_id: str) -> Draft:
    """The cart as it is now."""
    record = await tx.fetchrow(_LOAD, cart_id)
    if record is None:
        raise NotFound(UNKNOWN.format(cart_id))
    return _draft(cart_id, record)


def _draft(cart_id: str, record: Any) -> Draft:
    address = _json(record["shipping_address"])
    return Draft(
        cart_id,
        record["currency_code"],
        _region(_json(record["region"])),
        record["sales_channel_id"],
        version=record["version"],
        customer_id=record["customer_id"],
        has_account=bool(record["has_account"]),
        email=record["email"],
        locale=record["locale"],
        metadata=record["metadata"],
        completed=record["completed"],
        shipping_address=Address(**address) if address else None,
        billing_address_id=record["billing_address_id"],
        lines=[_line(row) for row in orjson.loads(record["lines"])],
        ways=[_way(row) for row in orjson.loads(record["ways"])],
        credits=tuple(record["credits"]),
        promotion_ids=tuple(record["promotion_ids"]),
        collection_id=record["collection_id"],
        order_id=record["order_id"],
        digits=record["digits"],
        total=record["total"],
        has_offers=record["has_offers"],
    )


class FoundRegion(NamedTuple):
    """A region, and whether the shop has promotions that need no code."""

    region: Region
    has_offers: bool


async def find_region(tx: Transaction, region_id: str | None) -> FoundRegion | None:
    """The live region with the id, or without an id the first one."""
    record = await tx.fetchrow(_FIND_REGION, region_id)
    region = _region(_json(record["region"])) if record else None
    return FoundRegion(region, record["has_offers"]) if record and region else None


def _json(value: bytes | None) -> Any:
    return None if value is None else orjson.loads(value)


def _region(row: Any) -> Region | None:
    if row is None:
        return None
    return Region(row["id"], row["name"], row["currency_code"], tuple(row["countries"]))


def _line(row: Any) -> Line:
    compared = row["compare_at_unit_price"]
    return Line(
        row["id"],
        row["variant_id"],
        row["product_id"],
        row["product_type_id"],
        row["title"],
        row["quantity"],
        row["metadata"],
        Decimal(row["unit_price"]),
        None if compared is None else Decimal(compared),
        row["is_tax_inclusive"],
        row["is_custom_price"],
        row["is_discountable"],
        row["requires_shipping"],
        _totals(row["totals"]),
        _taxes(row["taxes"]),
        _adjustments(row["adjustments"]),
    )


def _way(row: Any) -> Way:
    return Way(
        row["id"],
        row["shipping_option_id"],
        row["name"],
        Decimal(row["amount"]),
        row["is_tax_inclusive"],
        row["data"],
        row["shipping_profile_id"],
        _totals(row["totals"]),
        _taxes(row["taxes"]),
        _adjustments(row["adjustments"]),
    )


def _totals(row: Any) -> RowTotals:
    return RowTotals(*(Decimal(row[name]) for name in ROW_TOTALS))


def _taxes(rows: Any) -> tuple[TaxRow, ...]:
    return tuple(
        TaxRow(
            row["code"],
            row["description"],
            Decimal(row["rate"]),
            row["tax_rate_id"],
            row["provider_id"],
            Decimal(row["subtotal"]),
            Decimal(row["total"]),
        )
        for row in rows
    )


def _adjustments(rows: Any) -> tuple[AdjustmentRow, ...]:
    return tuple(
        AdjustmentRow(
            row["promotion_id"],
            row["code"],
            Decimal(row["amount"]),
            row.get("is_tax_inclusive", False),
            Decimal(row["subtotal"]),
            Decimal(row["total"]),
        )
        for row in rows
    )
