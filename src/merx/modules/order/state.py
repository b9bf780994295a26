"""An order at one version as values: what actions change, and the resulting totals. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from merx.core.money import UNROUNDED
from merx.modules.totals.totals import (
    NOTHING,
    Discount,
    Priced,
    Row,
    WholeTotals,
    compute_row,
    compute_totals,
)


class Adjustment(NamedTuple):
    """A discount on all units of a line, or on a shipping method."""

    amount: Decimal
    code: str | None = None
    promotion_id: str | None = None
    description: str | None = None
    provider_id: str | None = None
    is_tax_inclusive: bool = False


@dataclass(slots=True)
class Line:
    """The quantities of an item, by state, and its price."""

    item_id: str
    unit_price: Decimal
    quantity: Decimal = NOTHING
    fulfilled: Decimal = NOTHING
    delivered: Decimal = NOTHING
    shipped: Decimal = NOTHING
    return_requested: Decimal = NOTHING
    return_received: Decimal = NOTHING
    return_dismissed: Decimal = NOTHING
    written_off: Decimal = NOTHING
    compare_at_unit_price: Decimal | None = None
    is_tax_inclusive: bool = False
    rates: tuple[Decimal, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    metadata: dict[str, Any] | None = None

    @property
    def billable(self) -> Decimal:
        """The quantity to pay for: what was not returned."""
        return self.quantity - self.return_received - self.return_dismissed

    @property
    def returnable(self) -> Decimal:
        """The quantity that was shipped and is not being returned."""
        return self.fulfilled - self.return_requested - self.return_received - self.return_dismissed

    def priced(self, quantity: Decimal) -> Priced:
        """The line with this quantity; discounts are spread over all its units, and without any
        there is none.
        """
        whole = quantity == self.quantity and quantity > 0
        share = Decimal(1) if whole else _share(quantity, self.quantity)
        discounts = [
            Discount(UNROUNDED_DIVISION.multiply(one.amount, share), one.is_tax_inclusive)
            for one in self.adjustments
        ]
        return Priced(self.unit_price, quantity, self.is_tax_inclusive, self.rates, discounts)


@dataclass(slots=True)
class Method:
    """A shipping method of the order, or of one of its returns, exchanges or claims."""

    method_id: str
    amount: Decimal
    is_tax_inclusive: bool = False
    rates: tuple[Decimal, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    return_id: str | None = None
    exchange_id: str | None = None
    claim_id: str | None = None

    def priced(self) -> Priced:
        """Its price."""
        discounts = [Discount(one.amount, one.is_tax_inclusive) for one in self.adjustments]
        return Priced(self.amount, Decimal(1), self.is_tax_inclusive, self.rates, discounts)


@dataclass(frozen=True, slots=True)
class Credit:
    """An amount by which the order is lowered, and the version that added it."""

    amount: Decimal
    reference: str | None
    reference_id: str | None
    created_in_version: int
    metadata: dict[str, Any] | None = None


@dataclass(slots=True)
class OrderState:
    """An order at a version. `paid` was received and `refunded` paid out, at any version.

    `original_total` is the total of the previous version.
    """

    order_id: str
    version: int
    currency_code: str
    lines: dict[str, Line]
    methods: dict[str, Method]
    credits: list[Credit]
    paid: Decimal = NOTHING
    refunded: Decimal = NOTHING
    original_total: Decimal = NOTHING

    def copy(self) -> "OrderState":
        """A copy to apply actions to."""
        return replace(
            self,
            lines={key: replace(line) for key, line in self.lines.items()},
            methods={key: replace(method) for key, method in self.methods.items()},
            credits=list(self.credits),
        )


class LineFigures(NamedTuple):
    """The totals of a line, and of its fulfilled, shipped and returned quantities."""

    row: Row
    refundable_total_per_unit: Decimal
    refundable_total: Decimal
    fulfilled_total: Decimal
    shipped_total: Decimal
    return_requested_total: Decimal
    return_received_total: Decimal
    return_dismissed_total: Decimal
    write_off_total: Decimal

    def columns(self) -> dict[str, Decimal]:
        """The values of the total columns of `order_item`."""
        own = {name: getattr(self, name) for name in _LINE_TOTALS}
        return {**self.row.totals.columns(), **own}


class Summary(NamedTuple):
    """The money of an order, named as on the wire."""

    paid_total: Decimal
    refunded_total: Decimal
    accounting_total: Decimal
    credit_line_total: Decimal
    transaction_total: Decimal
    pending_difference: Decimal
    current_order_total: Decimal
    original_order_total: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """All computed amounts of an order."""

    whole: WholeTotals
    lines: dict[str, LineFigures] = field(default_factory=dict[str, LineFigures])
    methods: dict[str, Row] = field(default_factory=dict[str, Row])
    summary: Summary = field(kw_only=True)


_LINE_TOTALS = (
    "refundable_total_per_unit",
    "refundable_total",
    "fulfilled_total",
    "shipped_total",
    "return_requested_total",
    "return_received_total",
    "return_dismissed_total",
    "write_off_total",
)
# Fractions have to be cut off somewhere: here far beyond the digits that are stored.
UNROUNDED_DIVISION = UNROUNDED.copy()
UNROUNDED_DIVISION.prec = 60


def compute_figures(state: OrderState) -> Figures:
    """The totals of the order at this version."""
    lines, methods = list(state.lines.values()), list(state.methods.values())
    totals = compute_totals(
        [line.priced(line.billable) for line in lines],
        [method.priced() for method in methods],
        [credit.amount for credit in state.credits],
    )
    found = {
        line.item_id: _line_figures(line, row)
        for line, row in zip(lines, totals.items, strict=True)
    }
    requested = _sum(figures.return_requested_total for figures in found.values())
    return Figures(
        totals.whole,
        found,
        dict(zip(state.methods, totals.methods, strict=True)),
        summary=_summary(state, totals.whole.total, requested),
    )


def _line_figures(line: Line, row: Row) -> LineFigures:
    whole = compute_row(line.priced(line.quantity)).totals.total
    share = _divide(whole, line.quantity) if line.quantity else NOTHING

    def part(quantity: Decimal) -> Decimal:
        return kept(UNROUNDED.multiply(share, quantity))

    refundable = line.billable - line.return_requested
    return LineFigures(
        row,
        kept(share) if refundable else NOTHING,
        part(refundable),
        part(line.fulfilled),
        part(line.shipped),
        part(line.return_requested),
        part(line.return_received),
        part(line.return_dismissed),
        part(line.written_off),
    )


def _summary(state: OrderState, total: Decimal, requested: Decimal) -> Summary:
    moved = UNROUNDED.subtract(state.paid, state.refunded)
    due = UNROUNDED.subtract(UNROUNDED.subtract(total, requested), moved)
    new_credits = (one.amount for one in state.credits if one.created_in_version == state.version)
    return Summary(
        paid_total=kept(state.paid),
        refunded_total=kept(state.refunded),
        accounting_total=total,
        credit_line_total=kept(_sum(new_credits)),
        transaction_total=kept(moved),
        pending_difference=kept(due),
        current_order_total=total,
        original_order_total=kept(state.original_total),
    )


def kept(amount: Decimal) -> Decimal:
    """Rounded to the twenty digits that are stored, without trailing zeros."""
    return amount.normalize(_KEPT)


_KEPT = UNROUNDED.copy()
_KEPT.prec = 20
_KEPT.rounding = "ROUND_HALF_UP"


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return _divide(part, whole) if whole else NOTHING


def _divide(amount: Decimal, by: Decimal) -> Decimal:
    return UNROUNDED_DIVISION.divide(amount, by)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = NOTHING
    for amount in amounts:
        total = UNROUNDED.add(total, amount)
    return total
