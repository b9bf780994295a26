"""Previews an order's open change.

The change is made, read like any order, and rolled back, all within a savepoint: the preview is
what confirming writes, to the last digit.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.money import plain_number
from merx.core.shapes import Document
from merx.links import GRAPH
from merx.modules.order.change import Kind
from merx.modules.order.change_rows import open_change
from merx.modules.order.changes import Opened, open_for
from merx.modules.order.load import load_order, lock_order
from merx.modules.order.save import save_methods, save_version
from merx.modules.order.state import Figures, compute_figures, kept
from merx.modules.totals.totals import WHOLE_TOTALS
from merx.query.plan import Plan
from merx.query.run import read_one
from merx.query.selection import Node, parse_fields, select

Json = dict[str, Any]

_TOTALS = ", ".join((*WHOLE_TOTALS, *(f"raw_{name}" for name in WHOLE_TOTALS)))
_FIELDS = (
    "id, version, email, summary, *items, *items.detail, *items.tax_lines,"
    " *items.adjustments, *shipping_methods, *shipping_methods.detail,"
    " *shipping_methods.tax_lines, *shipping_methods.adjustments, *transactions, *credit_lines,"
    f" {_TOTALS}"
)
_BEGUN = (
    "id, display_id, custom_display_id, region_id, customer_id, version, sales_channel_id, status,"
    " is_draft_order, email, currency_code, locale, no_notification, metadata, canceled_at,"
    " shipping_address_id, billing_address_id, created_at, updated_at, deleted_at, *items,"
    " *items.detail, *items.tax_lines, *items.adjustments, *shipping_methods,"
    " *shipping_methods.detail, *shipping_methods.tax_lines, *shipping_methods.adjustments,"
    f" *credit_lines, {_TOTALS}"
)
MOVED_TOTALS = (
    "fulfilled_total",
    "shipped_total",
    "return_requested_total",
    "return_received_total",
    "return_dismissed_total",
    "write_off_total",
)
# What the reference shows of an open change with its order.
_CHANGE = (
    "id",
    "version",
    "change_type",
    "description",
    "internal_note",
    "status",
    "order_id",
    "return_id",
    "exchange_id",
    "claim_id",
    "carry_over_promotions",
    "no_notification",
    "requested_at",
    "requested_by",
)
# What the reference does not show of rows that are not part of the order yet.
_TIMES = ("id", "version", "created_at", "updated_at", "deleted_at")
_PARTS = ("claim_id", "exchange_id", "return_id")
_NOT_YET = (
    "line_item_metadata",
    "raw_quantity",
    "raw_unit_price",
    "raw_compare_at_unit_price",
    "order_id",
)
# Actions are shown with the line or the shipping method they are about.
_SHOWN = "id"

# What is read, and described in the API document.
PREVIEWED = select(GRAPH, GRAPH["order"], parse_fields(_FIELDS, ()))
BEGUN = select(GRAPH, GRAPH["order"], parse_fields(_BEGUN, ()))
CHANGE = select(GRAPH, GRAPH["order_change"], parse_fields(", ".join(_CHANGE), ()))
_WHOLE_CHANGE = select(GRAPH, GRAPH["order_change"], parse_fields(None, ("*", "*actions")))
ACTIONS = _WHOLE_CHANGE.children["actions"]

_PLACES = """SELECT i.item_id AS key, i.id, i.unit_price FROM order_item i
  WHERE i.order_id = $1 AND i.version = $2
UNION ALL SELECT s.shipping_method_id, s.id, NULL FROM order_shipping s
  WHERE s.order_id = $1 AND s.version = $2"""


class _Undo(Exception):
    """Rolls a savepoint back."""


async def preview_order(tx: Transaction, order_id: str) -> bytes:
    """The order as JSON after its open change, or as it is without one."""
    try:
        await lock_order(tx, order_id)
    except NotFound as error:
        raise NotFound(f"Order id not found: {order_id}") from error
    if await open_change(tx, order_id) is None:
        figures = compute_figures((await load_order(tx, order_id)).state)
        return orjson.dumps(_with_moved(await _read(tx, order_id), figures))
    return await _preview(tx, order_id)


async def begun_order(tx: Transaction, order_id: str) -> bytes:
    """The order as JSON when a change was just opened, with that change."""
    opened = await open_for(tx, order_id, missing=InvalidData("unreachable"))
    order = await _read(tx, order_id, BEGUN)
    for address in ("shipping_address", "billing_address"):
        key = order[f"{address}_id"]
        order[address] = None if key is None else {"id": key}
    change = await _read_change(tx, opened.change.id)
    order["order_change"] = {name: change[name] for name in _CHANGE} | {"order": {"id": order_id}}
    return orjson.dumps(_with_moved(order, compute_figures(opened.loaded.state)))


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
    # It still has its previous version.
    order["version"] = opened.head.version
    money = figures.summary
    due = kept(money.current_order_total - money.transaction_total)
    _put(order["summary"], "pending_difference", due)
    await _as_before(tx, opened, order)
    order["order_change"] = {name: change[name] for name in _CHANGE} | {"order": {"id": order_id}}
    return orjson.dumps(_with_moved(order, figures))


async def _as_before(tx: Transaction, opened: Opened, order: Json) -> None:
    """Rows that the order already has keep their position in its version.

    New ones have none yet.
    """
    state, head = opened.loaded.state, opened.head
    known = {row["key"]: row for row in await tx.fetch(_PLACES, head.id, head.version)}
    for item in order["items"]:
        detail: Json = item["detail"]
        place = known.get(item["id"])
        if place is None:
            _show_new_line(item, opened)
            continue
        detail.update(id=place["id"], version=head.version)
        same = Decimal(str(detail["unit_price"])) == state.lines[item["id"]].unit_price
        if place["unit_price"] is None and same:
            detail.update(unit_price=None, raw_unit_price=None)
    for method in order["shipping_methods"]:
        place = known.get(method["id"])
        if place is None:
            _show_new_method(method)
        else:
            method["detail"].update(id=place["id"], version=head.version)


def _show_new_line(item: Json, opened: Opened) -> None:
    detail: Json = item["detail"]
    for name in [one for one in detail if one.startswith("raw_") or one in _TIMES]:
        detail.pop(name)
    if not detail["metadata"]:
        detail.pop("metadata")
    [added] = [one for one in item["actions"] if one["action"] == Kind.ITEM_ADD][:1]
    detail.update({name: added[name] for name in _PARTS})
    detail.update(id=item["id"], version=opened.change.version)
    for one in item["actions"]:
        if one["action"] == Kind.ITEM_ADJUSTMENTS_REPLACE:
            detail["adjustments"] = one["details"]["adjustments"]
    if added["reference"] is not None and detail["compare_at_unit_price"] is None:
        detail.pop("compare_at_unit_price")
    for name in _NOT_YET:
        item.pop(name, None)


def _show_new_method(method: Json) -> None:
    detail: Json = method["detail"]
    for name in _TIMES:
        detail.pop(name, None)
    detail["amount"] = method["amount"]
    for name in _NOT_YET:
        method.pop(name, None)


def _put(holder: Json, name: str, amount: Decimal) -> None:
    holder[name] = plain_number(amount)
    holder[f"raw_{name}"] = {"value": f"{amount.normalize():f}", "precision": 20}


async def _read(tx: Transaction, order_id: str, shown: Node = PREVIEWED) -> Json:
    row = await read_one(tx, GRAPH, Plan(shown), order_id)
    assert row is not None
    return orjson.loads(row)


async def _read_change(tx: Transaction, change_id: str) -> Json:
    row = await read_one(tx, GRAPH, Plan(_WHOLE_CHANGE), change_id)
    assert row is not None
    return orjson.loads(row)


def _hang_actions(order: Json, actions: Sequence[Document]) -> None:
    rows = {row[_SHOWN]: row for row in (*order["items"], *order["shipping_methods"])}
    for action in actions:
        details: Mapping[str, Any] = action["details"] or {}
        target = details.get("reference_id") or action["reference_id"]
        if target in rows:
            rows[target].setdefault("actions", []).append(action)
        elif action["action"] == Kind.TRANSFER_CUSTOMER:
            order.setdefault("actions", []).append(action)
            order["customer_id"] = action["reference_id"]


def _with_moved(order: Json, figures: Figures) -> Json:
    """With the totals of fulfilled, shipped and returned units over all lines."""
    for name in MOVED_TOTALS:
        total = sum((getattr(line, name) for line in figures.lines.values()), Decimal(0))
        _put(order, name, total)
    return order
