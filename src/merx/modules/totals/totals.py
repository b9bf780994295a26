"""Lines, discounts and taxes → all totals, in exact decimals.

The only implementation: carts, draft orders, orders and order changes call it whenever an input
changes, and store the result with the rows (`columns.py`). docs/reference/totals.md has the
formulas. Nothing is rounded to a currency here; that happens once, where payments begin.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import NamedTuple

from merx.core.errors import InvalidData

NOTHING = Decimal(0)
_HUNDRED = Decimal(100)

# Sums of any amounts a database can hold are exact; only a division has to be cut off.
_EXACT = Context(prec=400)
_DIVISION = Context(prec=60)
# What is stored and shown: the number of digits of the reference's raw values.
_KEPT = Context(prec=20, rounding=ROUND_HALF_UP)
# Clients read amounts as doubles, which end at 1.8e308; an order may still grow after a check.
_MOST = Decimal("1e300")


class Discount(NamedTuple):
    """An adjustment of a row; one that includes taxes lowers the amount to pay by exactly its
    amount.
    """

    amount: Decimal
    is_tax_inclusive: bool = False


class Priced(NamedTuple):
    """A line or a shipping method: price and quantity, tax rates in percent, discounts."""

    price: Decimal
    quantity: Decimal = Decimal(1)
    is_tax_inclusive: bool = False
    rates: Sequence[Decimal] = ()
    discounts: Sequence[Discount] = ()


class Part(NamedTuple):
    """The amount of a tax line or an adjustment, before (`subtotal`) and after.

    For a tax line, the tax before and after discounts; for an adjustment, the discount without and
    with tax.
    """

    subtotal: Decimal
    total: Decimal


class RowTotals(NamedTuple):
    """The totals of a line or a shipping method, named as on the wire."""

    subtotal: Decimal
    total: Decimal
    original_subtotal: Decimal
    original_total: Decimal
    discount_subtotal: Decimal
    discount_tax_total: Decimal
    discount_total: Decimal
    tax_total: Decimal
    original_tax_total: Decimal

    def columns(self) -> dict[str, Decimal]:
        """The values of `ItemTotals` or `MethodTotals`."""
        return self._asdict()


class Row(NamedTuple):
    """A row's totals, with those of its tax lines and adjustments in order."""

    totals: RowTotals
    taxes: tuple[Part, ...]
    discounts: tuple[Part, ...]


class WholeTotals(NamedTuple):
    """The totals of a cart or an order, named as on the wire."""

    total: Decimal
    subtotal: Decimal
    tax_total: Decimal
    discount_total: Decimal
    discount_subtotal: Decimal
    discount_tax_total: Decimal
    original_total: Decimal
    original_subtotal: Decimal
    original_tax_total: Decimal
    item_total: Decimal
    item_subtotal: Decimal
    item_tax_total: Decimal
    item_discount_total: Decimal
    original_item_total: Decimal
    original_item_subtotal: Decimal
    original_item_tax_total: Decimal
    shipping_total: Decimal
    shipping_subtotal: Decimal
    shipping_tax_total: Decimal
    shipping_discount_total: Decimal
    original_shipping_total: Decimal
    original_shipping_subtotal: Decimal
    original_shipping_tax_total: Decimal
    credit_line_total: Decimal
    credit_line_subtotal: Decimal
    credit_line_tax_total: Decimal

    def columns(self) -> dict[str, Decimal]:
        """The values of `columns.WholeTotals`."""
        return self._asdict()


class Totals(NamedTuple):
    """The totals of the whole, and of its lines and shipping methods in order."""

    whole: WholeTotals
    items: tuple[Row, ...]
    methods: tuple[Row, ...]


ROW_TOTALS = RowTotals._fields
WHOLE_TOTALS = WholeTotals._fields


def compute_totals(
    items: Iterable[Priced], methods: Iterable[Priced] = (), credits: Iterable[Decimal] = ()
) -> Totals:
    """The totals of lines, shipping methods and the amounts of credit lines.

    Raises InvalidData for amounts that add up to more than 1e300.
    """
    with localcontext(_EXACT):
        lines = [_exact_row(row) for row in items]
        ways = [_exact_row(row) for row in methods]
        whole = _whole(lines, ways, sum(credits, NOTHING))
    if max(whole) > _MOST:
        raise InvalidData("The amounts add up to more than 1e300")
    return Totals(
        WholeTotals(*map(_kept, whole)),
        tuple(map(_kept_row, lines)),
        tuple(map(_kept_row, ways)),
    )


def compute_row(row: Priced) -> Row:
    """The totals of one line or shipping method."""
    with localcontext(_EXACT):
        exact = _exact_row(row)
    return _kept_row(exact)


class _Exact(NamedTuple):
    """A row before its totals are rounded to the stored digits."""

    totals: tuple[Decimal, ...]
    taxes: tuple[tuple[Decimal, Decimal], ...]
    discounts: tuple[tuple[Decimal, Decimal], ...]


def _exact_row(row: Priced) -> _Exact:
    rate = sum(row.rates, NOTHING) / _HUNDRED
    factor = 1 + rate
    subtotal = _without_tax(row.price * row.quantity, row.is_tax_inclusive, factor)
    less = [_without_tax(one.amount, one.is_tax_inclusive, factor) for one in row.discounts]
    discount = sum(less, NOTHING)
    after = subtotal - discount
    original_tax, discount_tax = subtotal * rate, discount * rate
    tax = after * rate
    return _Exact(
        # In the order of RowTotals.
        (
            subtotal,
            after + tax,
            subtotal,
            subtotal + original_tax,
            discount,
            discount_tax,
            discount + discount_tax,
            tax,
            original_tax,
        ),
        tuple((subtotal * one / _HUNDRED, after * one / _HUNDRED) for one in row.rates),
        tuple((amount, amount * factor) for amount in less),
    )


def _whole(lines: Sequence[_Exact], ways: Sequence[_Exact], credit: Decimal) -> tuple[Decimal, ...]:
    item = RowTotals(*_column_sums(lines))
    shipping = RowTotals(*_column_sums(ways))
    # In the order of WholeTotals.
    return (
        item.total + shipping.total - credit,
        item.subtotal + shipping.subtotal,
        item.tax_total + shipping.tax_total,
        item.discount_total + shipping.discount_total,
        item.discount_subtotal + shipping.discount_subtotal,
        item.discount_tax_total + shipping.discount_tax_total,
        item.original_total + shipping.original_total,
        item.original_subtotal + shipping.original_subtotal,
        item.original_tax_total + shipping.original_tax_total,
        item.total,
        item.subtotal,
        item.tax_total,
        item.discount_total,
        item.original_total,
        item.original_subtotal,
        item.original_tax_total,
        shipping.total,
        shipping.subtotal,
        shipping.tax_total,
        shipping.discount_total,
        shipping.original_total,
        shipping.original_subtotal,
        shipping.original_tax_total,
        credit,
        credit,
        NOTHING,
    )


def _column_sums(rows: Sequence[_Exact]) -> list[Decimal]:
    if not rows:
        return [NOTHING] * len(ROW_TOTALS)
    return [sum(column, NOTHING) for column in zip(*(row.totals for row in rows), strict=True)]


def _without_tax(amount: Decimal, is_tax_inclusive: bool, factor: Decimal) -> Decimal:
    return _DIVISION.divide(amount, factor) if is_tax_inclusive else amount


def _kept_row(row: _Exact) -> Row:
    return Row(
        RowTotals(*map(_kept, row.totals)),
        tuple(Part(*map(_kept, part)) for part in row.taxes),
        tuple(Part(*map(_kept, part)) for part in row.discounts),
    )


def _kept(amount: Decimal) -> Decimal:
    """Rounded to twenty digits, without trailing zeros."""
    return amount.normalize(_KEPT)
