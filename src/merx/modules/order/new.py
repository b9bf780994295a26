"""Input for new orders, and the rows it turns into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import FromClause
from typing_extensions import TypedDict

from merx.batch import Insert
from merx.core.ids import new_id
from merx.modules.order import models
from merx.modules.order.join_models import OrderPromotion
from merx.modules.order.state import (
    Adjustment,
    Credit,
    Figures,
    Line,
    Method,
    OrderState,
    compute_figures,
    kept,
)
from merx.modules.totals.totals import NOTHING, Row

Json = dict[str, Any]

_ITEM = models.OrderItem.__table__
_LINE_OFF = models.OrderLineItemAdjustment.__table__
_SHIPPING = models.OrderShipping.__table__
_METHOD_OFF = models.OrderShippingMethodAdjustment.__table__
_CREDIT = models.OrderCreditLine.__table__
_SUMMARY = models.OrderSummary.__table__


class NewAddress(NamedTuple):
    """An address of an order: always a copy, whatever it was taken from."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    country_code: str | None = None
    province: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    customer_id: str | None = None
    metadata: Json | None = None


class NewTaxLine(NamedTuple):
    """A tax rate, in percent, of a line or a shipping method."""

    code: str
    rate: Decimal
    description: str | None = None
    tax_rate_id: str | None = None
    provider_id: str | None = None
    data: Json | None = None
    metadata: Json | None = None


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line of a new order, or one that a change adds."""

    title: str
    quantity: Decimal
    unit_price: Decimal
    subtitle: str | None = None
    thumbnail: str | None = None
    variant_id: str | None = None
    product_id: str | None = None
    product_title: str | None = None
    product_description: str | None = None
    product_subtitle: str | None = None
    product_type: str | None = None
    product_type_id: str | None = None
    product_collection: str | None = None
    product_handle: str | None = None
    variant_sku: str | None = None
    variant_barcode: str | None = None
    variant_title: str | None = None
    variant_option_values: Json | None = None
    requires_shipping: bool = True
    is_giftcard: bool = False
    is_discountable: bool = True
    is_tax_inclusive: bool = False
    is_custom_price: bool = False
    compare_at_unit_price: Decimal | None = None
    metadata: Json | None = None
    tax_lines: Sequence[NewTaxLine] = ()
    adjustments: Sequence[Adjustment] = ()


@dataclass(frozen=True, slots=True)
class NewMethod:
    """A shipping method of a new order, or one that a change adds."""

    name: str
    amount: Decimal
    shipping_option_id: str | None = None
    description: Json | None = None
    is_tax_inclusive: bool = False
    is_custom_amount: bool = False
    data: Json | None = None
    metadata: Json | None = None
    tax_lines: Sequence[NewTaxLine] = ()
    adjustments: Sequence[Adjustment] = ()


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to insert: from a cart, as a draft, or from an import."""

    currency_code: str
    region_id: str | None = None
    email: str | None = None
    customer_id: str | None = None
    sales_channel_id: str | None = None
    shipping_address: NewAddress | None = None
    billing_address: NewAddress | None = None
    lines: Sequence[NewLine] = ()
    methods: Sequence[NewMethod] = ()
    credits: Sequence[Credit] = ()
    promotion_ids: Sequence[str] = ()
    status: str = "pending"
    is_draft_order: bool = False
    no_notification: bool | None = None
    locale: str | None = None
    metadata: Json | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of a line or a shipping method, and its value in an order state."""

    row_id: str
    row: Json
    taxes: list[Json]


@dataclass(slots=True)
class OrderRows:
    """The rows of one order by table."""

    order_id: str
    line_ids: list[str]
    figures: Figures
    inserts: list[Insert] = field(default_factory=list[Insert])
    display_id: int = 0


_LINE_ONLY = ("quantity", "tax_lines", "adjustments")


def write_line(line: NewLine) -> Written:
    """A line's own row, with its taxes."""
    columns = {name: getattr(line, name) for name in line.__slots__ if name not in _LINE_ONLY}
    item_id = new_id("ordli")
    taxes = [_tax(one, "ordlitxl", "item_id", item_id) for one in line.tax_lines]
    return Written(item_id, {"id": item_id, **columns}, taxes)


def write_method(method: NewMethod) -> Written:
    """A shipping method's own row, with its taxes."""
    names = (name for name in method.__slots__ if name not in ("tax_lines", "adjustments"))
    method_id = new_id("ordsm")
    taxes = [_tax(one, "ordsmtxl", "shipping_method_id", method_id) for one in method.tax_lines]
    columns = {name: getattr(method, name) for name in names}
    return Written(method_id, {"id": method_id, **columns}, taxes)


def line_inserts(lines: Sequence[Written]) -> list[Insert]:
    """The inserts of lines."""
    return [
        Insert(models.OrderLineItem.__table__, [line.row for line in lines]),
        Insert(
            models.OrderLineItemTaxLine.__table__, [tax for line in lines for tax in line.taxes]
        ),
    ]


def method_inserts(methods: Sequence[Written]) -> list[Insert]:
    """The inserts of shipping methods."""
    taxes = [tax for method in methods for tax in method.taxes]
    return [
        Insert(models.OrderShippingMethod.__table__, [method.row for method in methods]),
        Insert(models.OrderShippingMethodTaxLine.__table__, taxes),
    ]


def state_line(item_id: str, line: NewLine) -> Line:
    """The line as a value."""
    return Line(
        item_id,
        line.unit_price,
        line.quantity,
        compare_at_unit_price=line.compare_at_unit_price,
        is_tax_inclusive=line.is_tax_inclusive,
        rates=tuple(tax.rate for tax in line.tax_lines),
        adjustments=tuple(line.adjustments),
        metadata=line.metadata,
    )


def state_method(method_id: str, method: NewMethod) -> Method:
    """The shipping method as a value."""
    return Method(
        method_id,
        method.amount,
        method.is_tax_inclusive,
        tuple(tax.rate for tax in method.tax_lines),
        tuple(method.adjustments),
    )


def order_rows(order: NewOrder) -> OrderRows:
    """The rows of a new order, except for its display id."""
    order_id = new_id("order")
    lines = [write_line(line) for line in order.lines]
    methods = [write_method(method) for method in order.methods]
    state = _first_state(order_id, order, lines, methods)
    figures = compute_figures(state)
    addresses, ids = _addresses(order)
    head = {"id": order_id, **_head(order), **ids, **figures.whole.columns()}
    promotions = [
        {"order_id": order_id, "promotion_id": one, "id": new_id("ordpromo")}
        for one in dict.fromkeys(order.promotion_ids)
    ]
    inserts = [
        Insert(models.OrderAddress.__table__, addresses),
        Insert(models.Order.__table__, [head], returning="display_id"),
        *line_inserts(lines),
        *method_inserts(methods),
        *version_inserts(state, figures, original=figures.whole.total),
        Insert(OrderPromotion.__table__, promotions),
    ]
    return OrderRows(order_id, [line.row_id for line in lines], figures, inserts)


def version_inserts(
    state: OrderState, figures: Figures, *, original: Decimal | None = None, repriced: bool = False
) -> list[Insert]:
    """The rows of a version of an order; `repriced` lines store their own price."""
    summary = figures.summary._asdict()
    if original is not None:
        summary["original_order_total"] = original
    at: _At = {"order_id": state.order_id, "version": state.version}
    lines, methods = list(state.lines.values()), list(state.methods.values())
    requested = sum((one.return_requested_total for one in figures.lines.values()), NOTHING)
    tables: list[tuple[FromClause, list[Json]]] = [
        (_ITEM, [_item(at, line, figures, repriced) for line in lines]),
        (_LINE_OFF, [row for line in lines for row in _line_adjustments(at, line, figures)]),
        (_SHIPPING, [_shipping(at, method, figures) for method in methods]),
        (_METHOD_OFF, [row for one in methods for row in _method_adjustments(at, one, figures)]),
        (_CREDIT, [_credit(at, one) for one in state.credits]),
        (
            _SUMMARY,
            [{"id": new_id("ordsum"), **at, **summary, "return_requested_total": requested}],
        ),
    ]
    return [Insert(table, rows) for table, rows in tables]


def _first_state(
    order_id: str, order: NewOrder, lines: Sequence[Written], methods: Sequence[Written]
) -> OrderState:
    pairs = zip(lines, order.lines, strict=True)
    ways = zip(methods, order.methods, strict=True)
    return OrderState(
        order_id,
        1,
        order.currency_code,
        {one.row_id: state_line(one.row_id, line) for one, line in pairs},
        {one.row_id: state_method(one.row_id, method) for one, method in ways},
        list(order.credits),
    )


def _head(order: NewOrder) -> Json:
    names = (
        "currency_code",
        "region_id",
        "email",
        "customer_id",
        "sales_channel_id",
        "status",
        "is_draft_order",
        "no_notification",
        "locale",
        "metadata",
    )
    return {name: getattr(order, name) for name in names}


def _addresses(order: NewOrder) -> tuple[list[Json], Mapping[str, str | None]]:
    rows: list[Json] = []
    ids: dict[str, str | None] = {}
    for kind in ("shipping", "billing"):
        address: NewAddress | None = getattr(order, f"{kind}_address")
        ids[f"{kind}_address_id"] = None
        if address is not None:
            rows.append({"id": new_id("ordaddr"), **address._asdict()})
            ids[f"{kind}_address_id"] = rows[-1]["id"]
    return rows, ids


def _tax(tax: NewTaxLine, prefix: str, key: str, row_id: str) -> Json:
    return {"id": new_id(prefix), key: row_id, **tax._asdict()}


class _At(TypedDict):
    """The version of an order that rows belong to."""

    order_id: str
    version: int


def _item(at: _At, line: Line, figures: Figures, repriced: bool) -> Json:
    return {
        "id": new_id("orditem"),
        **at,
        "item_id": line.item_id,
        "quantity": line.quantity,
        "fulfilled_quantity": line.fulfilled,
        "delivered_quantity": line.delivered,
        "shipped_quantity": line.shipped,
        "return_requested_quantity": line.return_requested,
        "return_received_quantity": line.return_received,
        "return_dismissed_quantity": line.return_dismissed,
        "written_off_quantity": line.written_off,
        "unit_price": line.unit_price if repriced else None,
        "compare_at_unit_price": line.compare_at_unit_price if repriced else None,
        "metadata": line.metadata,
        **figures.lines[line.item_id].columns(),
    }


def _line_adjustments(at: _At, line: Line, figures: Figures) -> list[Json]:
    row = figures.lines[line.item_id].row
    return _adjustments(at, "ordliadj", "item_id", line.item_id, line.adjustments, row)


def _method_adjustments(at: _At, method: Method, figures: Figures) -> list[Json]:
    row, key = figures.methods[method.method_id], "shipping_method_id"
    rows = _adjustments(at, "ordsmadj", key, method.method_id, method.adjustments, row)
    for one in rows:
        del one["is_tax_inclusive"]
    return rows


def _adjustments(
    at: _At, prefix: str, key: str, row_id: str, given: Sequence[Adjustment], row: Row
) -> list[Json]:
    return [
        {
            "id": new_id(prefix),
            "version": at["version"],
            key: row_id,
            **one._asdict(),
            "amount": kept(one.amount),
            "subtotal": part.subtotal,
            "total": part.total,
        }
        for one, part in zip(given, row.discounts, strict=True)
    ]


def _shipping(at: _At, method: Method, figures: Figures) -> Json:
    return {
        "id": new_id("ordspmv"),
        **at,
        "shipping_method_id": method.method_id,
        "return_id": method.return_id,
        "exchange_id": method.exchange_id,
        "claim_id": method.claim_id,
        **figures.methods[method.method_id].totals.columns(),
    }


def _credit(at: _At, credit: Credit) -> Json:
    return {
        "id": new_id("ordcl"),
        **at,
        "amount": credit.amount,
        "reference": credit.reference,
        "reference_id": credit.reference_id,
        "metadata": {"created_in_version": credit.created_in_version, **(credit.metadata or {})},
    }
