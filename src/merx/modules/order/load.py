"""Loads an order from its rows.

One statement for the order, its lines, shipping methods and money.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NotRequired

from typing_extensions import TypedDict

from merx.batch import Row
from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.shapes import Json
from merx.modules.order.change import Known
from merx.modules.order.state import Adjustment, Credit, Line, Method, OrderState
from merx.modules.order.tables import MOVED

_LOCK = """SELECT id FROM "order" WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"""

_RATES = "coalesce((SELECT json_agg(t.rate ORDER BY t.id) FROM {table} t WHERE {where}), '[]')"
_ADJUSTMENTS = """coalesce((SELECT json_agg(json_build_object('amount', a.amount, 'code', a.code,
  'promotion_id', a.promotion_id, 'description', a.description, 'provider_id', a.provider_id
  {more}) ORDER BY a.id) FROM {table} a WHERE {where}), '[]')"""
_LINE_RATES = _RATES.format(
    table="order_line_item_tax_line", where="t.item_id = l.id AND t.deleted_at IS NULL"
)
_METHOD_RATES = _RATES.format(
    table="order_shipping_method_tax_line",
    where="t.shipping_method_id = m.id AND t.deleted_at IS NULL",
)
_LINE_OFF = _ADJUSTMENTS.format(
    table="order_line_item_adjustment",
    where="a.item_id = l.id AND a.version = i.version AND a.deleted_at IS NULL",
    more=", 'is_tax_inclusive', a.is_tax_inclusive",
)
_METHOD_OFF = _ADJUSTMENTS.format(
    table="order_shipping_method_adjustment",
    where="a.shipping_method_id = m.id AND a.version = s.version AND a.deleted_at IS NULL",
    more="",
)
_MOVED = ", ".join(f"'{name}', i.{name}_quantity" for name in MOVED)

_LOAD = f"""
SELECT json_build_object(
  'order', (SELECT to_json(h) FROM (SELECT o.id, o.version, o.status, o.is_draft_order,
    o.currency_code, o.region_id, o.sales_channel_id, o.customer_id, o.email, o.total,
    o.no_notification, o.locale, o.shipping_address_id, o.display_id) h),
  'lines', coalesce((SELECT json_agg(json_build_object('item_id', l.id,
      'unit_price', coalesce(i.unit_price, l.unit_price),
      'compare_at_unit_price', coalesce(i.compare_at_unit_price, l.compare_at_unit_price),
      'is_tax_inclusive', l.is_tax_inclusive, 'quantity', i.quantity, {_MOVED},
      'metadata', i.metadata::text, 'rates', {_LINE_RATES}, 'adjustments', {_LINE_OFF})
      ORDER BY l.id)
    FROM order_item i JOIN order_line_item l ON l.id = i.item_id
    WHERE i.order_id = o.id AND i.version = o.version), '[]'),
  'methods', coalesce((SELECT json_agg(json_build_object('method_id', m.id, 'amount', m.amount,
      'is_tax_inclusive', m.is_tax_inclusive, 'return_id', s.return_id,
      'exchange_id', s.exchange_id, 'claim_id', s.claim_id,
      'rates', {_METHOD_RATES}, 'adjustments', {_METHOD_OFF}) ORDER BY m.id)
    FROM order_shipping s JOIN order_shipping_method m ON m.id = s.shipping_method_id
    WHERE s.order_id = o.id AND s.version = o.version), '[]'),
  'credits', coalesce((SELECT json_agg(json_build_object('amount', c.amount,
      'reference', c.reference, 'reference_id', c.reference_id, 'metadata', c.metadata::text)
      ORDER BY c.id)
    FROM order_credit_line c WHERE c.order_id = o.id AND c.version = o.version), '[]'),
  'money', (SELECT json_build_object(
      'paid', coalesce(sum(t.amount) FILTER (WHERE t.amount > 0), 0),
      'refunded', coalesce(-sum(t.amount) FILTER (WHERE t.amount < 0), 0))
    FROM order_transaction t WHERE t.order_id = o.id AND t.deleted_at IS NULL),
  'known_lines', coalesce((SELECT json_agg(json_build_object('item_id', l.id,
      'unit_price', l.unit_price, 'compare_at_unit_price', l.compare_at_unit_price,
      'is_tax_inclusive', l.is_tax_inclusive, 'metadata', l.metadata::text,
      'rates', {_LINE_RATES}) ORDER BY l.id)
    FROM order_line_item l WHERE l.id = ANY($2::text[])), '[]'),
  'known_methods', coalesce((SELECT json_agg(json_build_object('method_id', m.id,
      'amount', m.amount, 'is_tax_inclusive', m.is_tax_inclusive,
      'rates', {_METHOD_RATES}) ORDER BY m.id)
    FROM order_shipping_method m WHERE m.id = ANY($3::text[])), '[]'))
FROM "order" o WHERE o.id = $1 AND o.deleted_at IS NULL"""


_LOAD_VERSION = _LOAD.replace("o.version", "$4::int AS version", 1).replace("o.version", "$4")


@dataclass(frozen=True, slots=True)
class Head:
    """The order's own row."""

    id: str
    version: int
    status: str
    is_draft_order: bool
    currency_code: str
    region_id: str | None
    sales_channel_id: str | None
    customer_id: str | None
    email: str | None
    total: Decimal
    no_notification: bool | None
    locale: str | None
    shipping_address_id: str | None
    display_id: int


class _Priced(TypedDict):
    """A line or a method, with the other fields of Line or Method."""

    metadata: NotRequired[str | None]
    rates: list[Decimal]
    adjustments: NotRequired[list[Json]]


class _Credit(TypedDict):
    amount: Decimal
    reference: str | None
    reference_id: str | None
    metadata: str | None


class _LineOf(_Priced):
    item_id: str


class _MethodOf(_Priced):
    method_id: str


class _Money(TypedDict):
    paid: Decimal
    refunded: Decimal


class _Found(TypedDict):
    """The answer of the statement."""

    order: Row
    lines: list[_LineOf]
    methods: list[_MethodOf]
    credits: list[_Credit]
    money: _Money
    known_lines: list[_LineOf]
    known_methods: list[_MethodOf]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An order at its current version, and the lines and methods that are ready to be added."""

    head: Head
    state: OrderState
    known: Known


async def lock_order(tx: Transaction, order_id: str) -> None:
    """Lock the order until the transaction ends: new versions and payments are serialised by it."""
    if await tx.fetchval(_LOCK, order_id) is None:
        raise NotFound(f"Order with id: {order_id} was not found")


async def load_order(
    tx: Transaction, order_id: str, *, lines: Sequence[str] = (), methods: Sequence[str] = ()
) -> Loaded:
    """The order, with the lines and shipping methods that will be added to it.

    Call it after `lock_order`, in a separate statement: a statement that waits for a lock sees the
    data from before the wait.
    """
    text = await tx.fetchval(_LOAD, order_id, list(lines), list(methods))
    if text is None:
        raise NotFound(f"Order with id: {order_id} was not found")
    found: _Found = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    known = Known(
        {one["item_id"]: _line(one) for one in found["known_lines"]},
        {one["method_id"]: _method(one) for one in found["known_methods"]},
    )
    return Loaded(_head(found["order"]), _state(found), known)


async def load_version(tx: Transaction, order_id: str, version: int) -> OrderState:
    """The order as it is, or was, at a version; amounts paid are the current ones."""
    text = await tx.fetchval(_LOAD_VERSION, order_id, [], [], version)
    if text is None:
        raise NotFound(f"Order with id: {order_id} was not found")
    return _state(json.loads(text, parse_float=Decimal, parse_int=Decimal))


def _state(found: _Found) -> OrderState:
    head = _head(found["order"])
    return OrderState(
        head.id,
        head.version,
        head.currency_code,
        {one["item_id"]: _line(one) for one in found["lines"]},
        {one["method_id"]: _method(one) for one in found["methods"]},
        [_credit(one) for one in found["credits"]],
        found["money"]["paid"],
        found["money"]["refunded"],
        head.total,
    )


def _head(row: Row) -> Head:
    numbers: dict[str, Any] = {name: int(row[name]) for name in ("version", "display_id")}
    return Head(**{**row, **numbers})


def _line(row: _Priced) -> Line:
    given: dict[str, Any] = {key: value for key, value in row.items() if value is not None}
    given["rates"] = tuple(row["rates"])
    given["adjustments"] = _adjustments(row)
    given["metadata"] = _metadata(row.get("metadata"))
    return Line(**given)


def _method(row: _Priced) -> Method:
    rates = tuple(row["rates"])
    given: dict[str, Any] = {**row, "rates": rates, "adjustments": _adjustments(row)}
    return Method(**given)


def _adjustments(row: _Priced) -> tuple[Adjustment, ...]:
    return tuple(Adjustment(**one) for one in row.get("adjustments", ()))


def _metadata(text: str | None) -> Json | None:
    """Read separately: its numbers stay JSON numbers instead of becoming amounts."""
    return None if text is None else json.loads(text)


def _credit(row: _Credit) -> Credit:
    metadata = _metadata(row["metadata"]) or {}
    made_in = int(metadata.pop("created_in_version", 0))
    return Credit(row["amount"], row["reference"], row["reference_id"], made_in, metadata or None)
