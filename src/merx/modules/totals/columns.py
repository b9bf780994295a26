"""Columns of stored totals, named as on the wire and written with every change.

`compute_totals(…)` gives their values: `whole.columns()`, `items[0].totals.columns()`.
"""

from decimal import Decimal
from typing import Annotated

from sqlalchemy import Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.query.graph import Field, Kind

Total = Annotated[Decimal, mapped_column(Numeric, server_default=text("0"), sort_order=50)]


class RowTotals:
    """Totals of a line or of a shipping method."""

    subtotal: Mapped[Total]
    total: Mapped[Total]
    original_subtotal: Mapped[Total]
    original_total: Mapped[Total]
    discount_subtotal: Mapped[Total]
    discount_tax_total: Mapped[Total]
    discount_total: Mapped[Total]
    tax_total: Mapped[Total]
    original_tax_total: Mapped[Total]


class PartTotals:
    """Totals of a tax line or of an adjustment."""

    subtotal: Mapped[Total]
    total: Mapped[Total]


class WholeTotals:
    """Totals of a cart or an order."""

    total: Mapped[Total]
    subtotal: Mapped[Total]
    tax_total: Mapped[Total]
    discount_total: Mapped[Total]
    discount_subtotal: Mapped[Total]
    discount_tax_total: Mapped[Total]
    original_total: Mapped[Total]
    original_subtotal: Mapped[Total]
    original_tax_total: Mapped[Total]
    item_total: Mapped[Total]
    item_subtotal: Mapped[Total]
    item_tax_total: Mapped[Total]
    item_discount_total: Mapped[Total]
    original_item_total: Mapped[Total]
    original_item_subtotal: Mapped[Total]
    original_item_tax_total: Mapped[Total]
    shipping_total: Mapped[Total]
    shipping_subtotal: Mapped[Total]
    shipping_tax_total: Mapped[Total]
    shipping_discount_total: Mapped[Total]
    original_shipping_total: Mapped[Total]
    original_shipping_subtotal: Mapped[Total]
    original_shipping_tax_total: Mapped[Total]
    credit_line_total: Mapped[Total]
    credit_line_subtotal: Mapped[Total]
    credit_line_tax_total: Mapped[Total]


def raw(*names: str, starred: bool = True) -> dict[str, Field]:
    """The fields `raw_<name>` of numeric columns: their digits as text, as on the reference."""
    return {
        f"raw_{name}": Field(
            f"CASE WHEN {{row}}.{name} IS NOT NULL THEN"
            f" json_build_object('value', {{row}}.{name}::text, 'precision', 20) END",
            Kind.JSON,
            starred=starred,
        )
        for name in names
    }
