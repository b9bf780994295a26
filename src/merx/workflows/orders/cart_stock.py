"""Reserves the stock of an order's lines, including kits, at locations that have enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.core.shapes import Document
from merx.modules.inventory.ledger import Level, lock_found_levels
from merx.workflows.selling.carts.draft import Draft, Line
from merx.workflows.stock.reservations import create_reservations

_PLACES = """SELECT level.id
FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (
  SELECT * FROM inventory_level l
  WHERE l.inventory_item_id = given.id AND l.deleted_at IS NULL OFFSET 0) level
WHERE EXISTS (SELECT FROM sales_channel_stock_location s
  WHERE s.stock_location_id = level.location_id AND s.sales_channel_id = $2)"""


@dataclass(slots=True)
class _Need:
    """The quantity of an item for one line."""

    line_item_id: str
    inventory_item_id: str
    quantity: Decimal
    allow_backorder: bool


async def reserve_lines(tx: Transaction, draft: Draft, line_ids: Sequence[str]) -> None:
    """Reserve what the lines need; `line_ids` are those of the order, in the order of the lines.

    All candidate levels are locked in key order before one is chosen, so of two buyers of the last
    piece the second finds none. Raises NotAllowed with the reference's message.
    """
    needs = [
        need
        for line, line_id in zip(draft.lines, line_ids, strict=True)
        for need in _needs(line, line_id)
    ]
    if not needs:
        return
    items = sorted({need.inventory_item_id for need in needs})
    levels = await lock_found_levels(tx, _PLACES, items, draft.sales_channel_id)
    rows = _placed(needs, levels.values())
    paths = [f"items[{place}]" for place in range(len(rows))]
    await create_reservations(tx, rows, paths, held=levels)


def _needs(line: Line, line_id: str) -> list[_Need]:
    facts = line.facts
    if facts is None or not facts.manages_inventory:
        return []
    return [
        _Need(
            line_id,
            stock.inventory_item_id,
            stock.required * line.quantity,
            facts.allows_backorder,
        )
        for stock in facts.stock
    ]


def _placed(needs: Sequence[_Need], levels: Any) -> list[Document]:
    """A location for each need: one that has enough left, else the one with the most."""
    by_item: dict[str, list[Level]] = {}
    for level in levels:
        by_item.setdefault(level.item_id, []).append(level)
    left = {level.id: level.available for level in levels}
    rows: list[Mapping[str, Any]] = []
    for need in needs:
        known = by_item.get(need.inventory_item_id)
        if not known:
            raise NotAllowed(f"Not enough stock available for item {need.inventory_item_id}")
        ranked = sorted(known, key=lambda level: level.id)
        fitting = [level for level in ranked if left[level.id] >= need.quantity]
        chosen = fitting[0] if fitting else max(ranked, key=lambda level: left[level.id])
        left[chosen.id] -= need.quantity
        rows.append(
            {
                "inventory_item_id": need.inventory_item_id,
                "location_id": chosen.location_id,
                "quantity": need.quantity,
                "line_item_id": need.line_item_id,
                "allow_backorder": need.allow_backorder,
            }
        )
    return rows
