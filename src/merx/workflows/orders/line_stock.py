"""Reserves stock for lines of orders without a cart: drafts, edits and exchanges."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.core.shapes import Json
from merx.modules.inventory.ledger import Level, lock_levels
from merx.modules.order.load import Head
from merx.workflows.stock.reservations import create_reservations

# Without a channel, any location counts.
_NEEDS = """
SELECT l.id AS line_id, k.inventory_item_id, k.required_quantity, v.allow_backorder,
  coalesce((SELECT sum(r.quantity) FROM reservation_item r WHERE r.line_item_id = l.id
    AND r.inventory_item_id = k.inventory_item_id AND r.deleted_at IS NULL), 0) AS held
FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM order_line_item t WHERE t.id = given.id OFFSET 0) l
CROSS JOIN LATERAL (SELECT * FROM product_variant t WHERE t.id = l.variant_id
  AND t.manage_inventory OFFSET 0) v
JOIN product_variant_inventory_item k ON k.variant_id = v.id
ORDER BY l.id, k.inventory_item_id"""
_PLACES = """
SELECT level.inventory_item_id, level.location_id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM inventory_level l
  WHERE l.inventory_item_id = given.id AND l.deleted_at IS NULL OFFSET 0) level
WHERE $2::text IS NULL OR EXISTS (SELECT FROM sales_channel_stock_location s
  WHERE s.stock_location_id = level.location_id AND s.sales_channel_id = $2)"""


@dataclass(frozen=True, slots=True)
class _Need:
    line_id: str
    item_id: str
    quantity: Decimal
    allow_backorder: bool


async def reserve_for_order(
    tx: Transaction,
    head: Head,
    units: Mapping[str, Decimal],
    *,
    backorders: Collection[str] = (),
    in_all: bool = False,
) -> None:
    """Reserve what these quantities of the lines need; NotAllowed if too little is left, except for
    `backorders`, the lines that may exceed the stock.

    `in_all`: the total to be reserved, including what is already reserved for the lines. All
    candidate levels are locked in key order before one is chosen.
    """
    rows = await tx.fetch(_NEEDS, [key for key, quantity in units.items() if quantity > 0])
    needs = [
        _Need(
            row["line_id"],
            row["inventory_item_id"],
            row["required_quantity"] * units[row["line_id"]] - (row["held"] if in_all else 0),
            row["allow_backorder"] or row["line_id"] in backorders,
        )
        for row in rows
    ]
    needs = [need for need in needs if need.quantity > 0]
    if not needs:
        return
    items = sorted({need.item_id for need in needs})
    places = await tx.fetch(_PLACES, items, head.sales_channel_id)
    levels = await lock_levels(tx, [(place[0], place[1]) for place in places])
    wanted = _placed(needs, list(levels.values()))
    paths = [f"items[{place}]" for place in range(len(wanted))]
    await create_reservations(tx, wanted, paths)


def _placed(needs: Sequence[_Need], levels: Sequence[Level]) -> list[Json]:
    """A location for each need: one that has enough left, else the one with the most."""
    left = {level.id: level.available for level in levels}
    rows: list[dict[str, Any]] = []
    for need in needs:
        known = sorted(
            (one for one in levels if one.item_id == need.item_id), key=lambda one: one.id
        )
        if not known:
            raise NotAllowed(f"Not enough stock available for item {need.item_id}")
        fitting = [level for level in known if left[level.id] >= need.quantity]
        chosen = fitting[0] if fitting else max(known, key=lambda level: left[level.id])
        left[chosen.id] -= need.quantity
        rows.append(
            {
                "inventory_item_id": need.item_id,
                "location_id": chosen.location_id,
                "quantity": need.quantity,
                "line_item_id": need.line_id,
                "allow_backorder": need.allow_backorder,
            }
        )
    return rows
