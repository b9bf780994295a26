"""Totals of carts and orders: computed there with each answer, stored with the rows here."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from merx.modules.order.load import load_version
from merx.modules.order.state import Figures, OrderState, compute_figures
from merx.modules.totals.totals import (
    NOTHING,
    ROW_TOTALS,
    WHOLE_TOTALS,
    Discount,
    Part,
    Priced,
    Row,
    compute_totals,
)
from merx.operations.moving.source import Connection

_CHUNK = 500
_PARTS = ("subtotal", "total")
_LINE_TOTALS = (
    *ROW_TOTALS,
    "refundable_total_per_unit",
    "refundable_total",
    "fulfilled_total",
    "shipped_total",
    "return_requested_total",
    "return_received_total",
    "return_dismissed_total",
    "write_off_total",
)


def _rows(table: str, key: str, price: str, quantity: str, inclusive: str) -> str:
    return f"""(SELECT json_agg(json_build_object('id', r.id, 'price', r.{price},
      'quantity', {quantity}, 'is_inclusive', r.is_tax_inclusive,
      'rates', (SELECT json_agg(json_build_array(t.id, t.rate) ORDER BY t.id)
        FROM {table}_tax_line t WHERE t.{key} = r.id AND t.deleted_at IS NULL),
      'less', (SELECT json_agg(json_build_array(a.id, a.amount, {inclusive}) ORDER BY a.id)
        FROM {table}_adjustment a WHERE a.{key} = r.id AND a.deleted_at IS NULL)) ORDER BY r.id)
    FROM {table} r WHERE r.cart_id = c.id AND r.deleted_at IS NULL)"""


_LINES = _rows("cart_line_item", "item_id", "unit_price", "r.quantity", "a.is_tax_inclusive")
_WAYS = _rows("cart_shipping_method", "shipping_method_id", "amount", "1", "false")
_CARTS = f"""SELECT c.id, {_LINES} AS lines, {_WAYS} AS ways,
  (SELECT array_agg(l.amount) FROM cart_credit_line l
   WHERE l.cart_id = c.id AND l.deleted_at IS NULL) AS credits
FROM cart c WHERE c.id > $1 ORDER BY c.id LIMIT {_CHUNK}"""
_VERSIONS = f"""SELECT s.id, s.order_id, s.version, s.version = o.version AS is_current
FROM order_summary s JOIN "order" o ON o.id = s.order_id
WHERE s.id > $1 AND o.deleted_at IS NULL ORDER BY s.id LIMIT {_CHUNK}"""


# The copy stored there is outdated. What is being returned is not due.
_DUE = """UPDATE order_summary SET return_requested_total = $3::numeric,
  accounting_total = $4::numeric, current_order_total = $4::numeric, pending_difference =
  trim_scale(round($4::numeric - $3::numeric - transaction_total, 15))
WHERE order_id = $1 AND version = $2"""


@dataclass(slots=True)
class _Values:
    """Values for rows of a table, matched by some columns."""

    table: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    async def write(self, target: Connection) -> None:
        """Update the rows, keeping their `updated_at`."""
        if not self.rows:
            return
        columns = list(zip(*self.rows, strict=True))
        kinds = [_kind(values) for values in columns]
        given = ", ".join(f'"{name}"' for name in (*self.keys, *self.names))
        arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, 1))
        await target.execute(
            f'UPDATE "{self.table}" r SET {", ".join(f"{n} = g.{n}" for n in self.names)}'
            f" FROM unnest({arrays}) AS g({given})"
            f" WHERE {' AND '.join(f'r.{key} = g.{key}' for key in self.keys)}",
            *map(list, columns),
        )


def _kind(values: Sequence[Any]) -> str:
    kinds = {str: "text", int: "bigint", Decimal: "numeric"}
    return kinds[type(values[0])]


async def total_carts(target: Connection) -> int:
    """Carts with their lines, shipping methods, tax lines and adjustments."""
    after, count = "", 0
    while found := await target.fetch(_CARTS, after):
        carts = _Values("cart", ("id",), WHOLE_TOTALS)
        lines, ways = _Tables("cart_line_item"), _Tables("cart_shipping_method")
        for row in found:
            given_lines, given_ways = _json(row["lines"]), _json(row["ways"])
            totals = compute_totals(
                map(_priced, given_lines), map(_priced, given_ways), row["credits"] or ()
            )
            carts.rows.append((row["id"], *totals.whole.columns().values()))
            lines.add(given_lines, totals.items)
            ways.add(given_ways, totals.methods)
        for values in (carts, *lines.all(), *ways.all()):
            await values.write(target)
        after, count = found[-1]["id"], count + len(found)
    return count


class _Tables:
    """The rows of a table of lines or methods, and of their tax lines and adjustments."""

    def __init__(self, table: str) -> None:
        self._own = _Values(table, ("id",), ROW_TOTALS)
        self._taxes = _Values(f"{table}_tax_line", ("id",), _PARTS)
        self._less = _Values(f"{table}_adjustment", ("id",), _PARTS)

    def add(self, given: Iterable[Any], rows: Iterable[Row]) -> None:
        for one, row in zip(given, rows, strict=True):
            self._own.rows.append((one["id"], *row.totals.columns().values()))
            self._taxes.rows += _parts(one["rates"], row.taxes)
            self._less.rows += _parts(one["less"], row.discounts)

    def all(self) -> tuple[_Values, _Values, _Values]:
        return self._own, self._taxes, self._less


def _parts(given: Any, parts: Iterable[Part]) -> list[tuple[Any, ...]]:
    return [
        (one[0], part.subtotal, part.total) for one, part in zip(given or (), parts, strict=True)
    ]


def _json(text: str | None) -> list[Any]:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal) if text else []


def _priced(row: Any) -> Priced:
    rates = [rate for _, rate in row["rates"] or ()]
    less = [Discount(amount, inclusive) for _, amount, inclusive in row["less"] or ()]
    return Priced(row["price"], row["quantity"], row["is_inclusive"], rates, less)


async def total_orders(target: Connection) -> int:
    """Every version of every order with its items and shipping methods."""
    after, count = "", 0
    while found := await target.fetch(_VERSIONS, after):
        written = _Orders()
        for row in found:
            state = await load_version(target, row["order_id"], row["version"])
            written.add(state, compute_figures(state), row["is_current"])
        await written.write(target)
        after, count = found[-1]["id"], count + len(found)
    return count


class _Orders:
    """The totals of some versions of orders."""

    def __init__(self) -> None:
        part = ("version", "place")
        self._current = _Values("order", ("id",), WHOLE_TOTALS)
        self._due: list[tuple[Any, ...]] = []
        self._past: list[tuple[Any, ...]] = []
        self._items = _Values("order_item", ("order_id", "item_id", "version"), _LINE_TOTALS)
        self._ways = _Values(
            "order_shipping", ("order_id", "shipping_method_id", "version"), ROW_TOTALS
        )
        self._item_less = _Values("order_line_item_adjustment", ("item_id", *part), _PARTS)
        self._way_less = _Values(
            "order_shipping_method_adjustment", ("shipping_method_id", *part), _PARTS
        )

    def add(self, state: OrderState, figures: Figures, is_current: bool) -> None:
        at = (state.order_id, state.version)
        whole = figures.whole.columns()
        if is_current:
            self._current.rows.append((state.order_id, *whole.values()))
            requested = sum((one.return_requested_total for one in figures.lines.values()), NOTHING)
            self._due.append((*at, requested, figures.whole.total))
        else:
            text = json.dumps({name: str(value) for name, value in whole.items()})
            self._past.append((*at, text))
        for item_id, line in figures.lines.items():
            self._items.rows.append((at[0], item_id, at[1], *line.columns().values()))
            self._item_less.rows += _places(item_id, state.version, line.row)
        for method_id, row in figures.methods.items():
            self._ways.rows.append((at[0], method_id, at[1], *row.totals.columns().values()))
            self._way_less.rows += _places(method_id, state.version, row)

    async def write(self, target: Connection) -> None:
        for values in (self._current, self._items, self._ways):
            await values.write(target)
        if self._due:
            await target.executemany(_DUE, self._due)
        if self._past:
            await target.executemany(
                "UPDATE order_summary SET whole = $3::jsonb WHERE order_id = $1 AND version = $2",
                self._past,
            )
        for values in (self._item_less, self._way_less):
            await _write_places(target, values)


def _places(row_id: str, version: int, row: Row) -> list[tuple[Any, ...]]:
    return [
        (row_id, version, place, part.subtotal, part.total)
        for place, part in enumerate(row.discounts, 1)
    ]


async def _write_places(target: Connection, values: _Values) -> None:
    """Adjustments are matched by their position among those of their row at a version."""
    if not values.rows:
        return
    key = values.keys[0]
    await target.execute(
        f"""UPDATE {values.table} r SET subtotal = g.subtotal, total = g.total
        FROM (SELECT a.id, a.{key} AS row_id, a.version,
            row_number() OVER (PARTITION BY a.{key}, a.version ORDER BY a.id) AS place
          FROM {values.table} a WHERE a.{key} = ANY($1::text[]) AND a.deleted_at IS NULL) k
        JOIN unnest($1::text[], $2::int[], $3::int[], $4::numeric[], $5::numeric[])
          AS g(row_id, version, place, subtotal, total) USING (row_id, version, place)
        WHERE r.id = k.id""",
        *map(list, zip(*values.rows, strict=True)),
    )
