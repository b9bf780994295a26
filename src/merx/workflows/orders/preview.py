"""Show what an order's open change would make of it.

The change is made, read as any order is, and undone at once, all within a savepoint: what is shown
is what confirming writes, down to the last digit.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.links import GRAPH
from merx.modules.order.change_rows import open_change
from merx.modules.order.load import load_order, lock_order
from merx.modules.order.save import save_methods, save_version
from merx.modules.order.state import Figures, compute_figures
from merx.modules.totals.totals import WHOLE_TOTALS
from merx.query.plan import Plan
from merx.query.run import read_one
from merx.query.selection import parse_fields, select
from merx.workflows.orders.changes import open_for

Json = dict[str, Any]

_TOTALS = ", ".join((*WHOLE_TOTALS, *(f"raw_{name}" for name in WHOLE_TOTALS)))
_FIELDS = (
    "id, version, email, summary, *items, *items.detail, *items.tax_lines,"
    " *items.adjustments, *shipping_methods, *shipping_methods.detail,"
    " *shipping_methods.tax_lines, *shipping_methods.adjustments, *transactions, *credit_lines,"
    f" {_TOTALS}"
)
_CHANGE_FIELDS = "*, *actions"
_MOVED = (
    "fulfilled_total",
    "shipped_total",
    "return_requested_total",
    "return_received_total",
    "return_dismissed_total",
    "write_off_total",
)
# What the reference does not show of rows that the order does not have yet.
_NOT_YET = (
    "line_item_metadata",
    "raw_quantity",
    "raw_unit_price",
    "raw_compare_at_unit_price",
    "order_id",
)
# Actions are shown at the line or the shipping method that they are about.
_SHOWN = "id"


class _Undo(Exception):
    """Ends a savepoint without a trace."""


async def preview_order(tx: Transaction, order_id: str) -> bytes:
    """The order as JSON as its open change would leave it, or as it is."""
    try:
        await lock_order(tx, order_id)
    except NotFound as error:
        raise NotFound(f"Order id not found: {order_id}") from error
    if await open_change(tx, order_id) is None:
        figures = compute_figures((await load_order(tx, order_id)).state)
        return orjson.dumps(_with_moved(await _read(tx, order_id), figures))
    return await _preview(tx, order_id)


async def _preview(tx: Transaction, order_id: str) -> bytes:
    opened = await open_for(tx, order_id, missing=InvalidData("unreachable"))
    order: Json = {}
    figures: Figures | None = None
    try:
        async with tx.transaction():
            await save_methods(tx, opened.actions)
            figures = await save_version(tx, opened.after())
            order = await _read(tx, order_id)
            raise _Undo
    except _Undo:
        pass
    assert figures is not None
    change = await _read_change(tx, opened.change.id)
    _hang_actions(order, change["actions"])
    # It is still the version that it was.
    order["version"] = opened.head.version
    for row in (*order["items"], *order["shipping_methods"]):
        row_id: str = row["id"]
        if row_id in opened.loaded.state.lines or row_id in opened.loaded.state.methods:
            row["detail"]["version"] = opened.head.version
        else:
            for name in _NOT_YET:
                row.pop(name, None)
    order["order_change"] = {**change, "order": {"id": order_id}}
    return orjson.dumps(_with_moved(order, figures))


async def _read(tx: Transaction, order_id: str) -> Json:
    root = select(GRAPH, GRAPH["order"], parse_fields(_FIELDS, ()))
    row = await read_one(tx, GRAPH, Plan(root), order_id)
    assert row is not None
    return orjson.loads(row)


async def _read_change(tx: Transaction, change_id: str) -> Json:
    root = select(GRAPH, GRAPH["order_change"], parse_fields(_CHANGE_FIELDS, ()))
    row = await read_one(tx, GRAPH, Plan(root), change_id)
    assert row is not None
    return orjson.loads(row)


def _hang_actions(order: Json, actions: Sequence[Mapping[str, Any]]) -> None:
    rows = {row[_SHOWN]: row for row in (*order["items"], *order["shipping_methods"])}
    for action in actions:
        details: Mapping[str, Any] = action["details"] or {}
        target = details.get("reference_id") or action["reference_id"]
        if target in rows:
            rows[target].setdefault("actions", []).append(action)


def _with_moved(order: Json, figures: Figures) -> Json:
    """With what the units that moved come to, over all lines."""
    for name in _MOVED:
        total = sum((getattr(line, name) for line in figures.lines.values()), Decimal(0))
        order[name] = int(total) if total == total.to_integral_value() else float(total)
        order[f"raw_{name}"] = {"value": f"{total:f}", "precision": 20}
    return order
