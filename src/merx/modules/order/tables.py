"""SELECTs that are used like tables, joining rows that are read as one.

The planner flattens them, so a condition on the version still uses an index.
"""

from sqlalchemy import FromClause

from merx.modules.order import models
from merx.modules.totals.totals import ROW_TOTALS, WHOLE_TOTALS

# The quantities of an item by state, in the order of the wire.
MOVED = (
    "fulfilled",
    "delivered",
    "shipped",
    "return_requested",
    "return_received",
    "return_dismissed",
    "written_off",
)
ITEM_TOTALS = (
    "refundable_total_per_unit",
    "refundable_total",
    "fulfilled_total",
    "shipped_total",
    "return_requested_total",
    "return_received_total",
    "return_dismissed_total",
    "write_off_total",
)
SUMMARY = (
    "paid_total",
    "refunded_total",
    "accounting_total",
    "credit_line_total",
    "transaction_total",
    "pending_difference",
    "current_order_total",
    "original_order_total",
)


def _columns(alias: str, table: FromClause, *but: str) -> str:
    names = (column.name for column in table.columns if column.name not in but)
    return ", ".join(f'{alias}."{name}"' for name in names)


def _listed(alias: str, *names: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


_line = _columns(
    "l", models.OrderLineItem.__table__, "unit_price", "compare_at_unit_price", "metadata"
)
LINES = f"""(SELECT {_line},
    coalesce(i.unit_price, l.unit_price) AS unit_price,
    coalesce(i.compare_at_unit_price, l.compare_at_unit_price) AS compare_at_unit_price,
    l.metadata AS line_item_metadata,
    coalesce(i.metadata, l.metadata) AS metadata,
    {_listed("i", "order_id", "version", "quantity", *ROW_TOTALS, *ITEM_TOTALS)},
    i.id AS detail_id
    FROM order_item i JOIN order_line_item l ON l.id = i.item_id)"""

SHIPPING_METHODS = f"""(SELECT {_columns("m", models.OrderShippingMethod.__table__)},
    {_listed("s", "order_id", "version", "return_id", "exchange_id", "claim_id", *ROW_TOTALS)},
    s.id AS detail_id
    FROM order_shipping s JOIN order_shipping_method m ON m.id = s.shipping_method_id)"""


def _taxes(table: FromClause, rows: FromClause, key: str) -> str:
    """Tax lines at each version: their amounts follow from their row, before and after its
    discounts.
    """
    return f"""(SELECT {_columns("t", table)}, r.version,
    trim_scale(r.subtotal * t.rate / 100) AS subtotal,
    trim_scale((r.subtotal - r.discount_subtotal) * t.rate / 100) AS total
    FROM "{table}" t JOIN "{rows}" r ON r.{key} = t.{key})"""


LINE_TAXES = _taxes(models.OrderLineItemTaxLine.__table__, models.OrderItem.__table__, "item_id")
SHIPPING_TAXES = _taxes(
    models.OrderShippingMethodTaxLine.__table__,
    models.OrderShipping.__table__,
    "shipping_method_id",
)

# A past version has its totals in its summary; those of the current one are the order's.
_past = ", ".join(
    f"CASE WHEN s.whole IS NULL THEN o.{name} ELSE (s.whole->>'{name}')::numeric END AS {name}"
    for name in WHOLE_TOTALS
)
ORDER_VERSIONS = f"""(SELECT {_columns("o", models.Order.__table__, *WHOLE_TOTALS)},
    s.version AS at_version, {_past}
    FROM "order" o JOIN order_summary s ON s.order_id = o.id)"""

# Each row of an item, with the versions it has belonged to up to then.
HISTORIES = """(SELECT i.*, json_build_object('version', json_build_object(
      'from', (SELECT min(f.version) FROM order_item f
        WHERE f.order_id = i.order_id AND f.item_id = i.item_id),
      'to', i.version)) AS history FROM order_item i)"""
