"""Makes levels, reservations and ledger consistent, with each change written to the ledger.

Each repair takes the ids of the findings, locks them, and checks again: it can run while the shop
is selling.
"""

from collections.abc import Sequence
from decimal import Decimal

from merx.batch import insert_all, soft_delete_rows
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.money import UNROUNDED
from merx.modules.inventory.ledger import (
    QUANTITIES,
    Change,
    Level,
    NewLevel,
    catch_up,
    change_levels,
    lock_given_levels,
    opening,
)
from merx.modules.inventory.models import InventoryLevel, ReservationItem

_REASON = "doctor"

_LEDGER = """
SELECT m.inventory_level_id, m.quantity, sum(m.delta) FROM unnest($1::text[]) AS given(id)
JOIN inventory_movement m ON m.inventory_level_id = given.id GROUP BY 1, 2"""

_LOCK_ALL = """
SELECT id, inventory_item_id, location_id, stocked_quantity, reserved_quantity, incoming_quantity
FROM inventory_level WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE"""

_RESERVED = """
SELECT level.id, (
  SELECT coalesce(sum(r.quantity), 0) FROM reservation_item r
  WHERE r.inventory_item_id = level.inventory_item_id AND r.location_id = level.location_id
  AND r.deleted_at IS NULL)
FROM unnest($1::text[]) AS given(id) JOIN inventory_level level ON level.id = given.id"""


async def release_orphans(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete reservations of deleted items or locations; the level that counted them is repaired
    next.
    """
    await soft_delete_rows(tx, ReservationItem.__table__, ids)


async def add_missing_levels(tx: Transaction, ids: Sequence[str]) -> None:
    """Create missing levels of reservations, with no stock: what was promised stays reserved."""
    places = await tx.fetch(
        "SELECT DISTINCT inventory_item_id, location_id FROM reservation_item"
        " WHERE id = ANY($1::text[]) ORDER BY 1, 2",
        ids,
    )
    rows: list[NewLevel] = [
        {"id": new_id("ilev"), "inventory_item_id": place[0], "location_id": place[1]}
        for place in places
    ]
    await insert_all(tx, *opening(rows, _REASON))
    await set_reserved(tx, [row["id"] for row in rows])


async def empty_levels(tx: Transaction, ids: Sequence[str]) -> None:
    """Set levels that are or must be deleted to zero."""
    records = await tx.fetch(_LOCK_ALL, ids)
    levels = [Level(*record) for record in records]
    await change_levels(tx, [change for level in levels for change in level.empty(_REASON)])
    await soft_delete_rows(tx, InventoryLevel.__table__, [level.id for level in levels])


async def catch_up_ledger(tx: Transaction, ids: Sequence[str]) -> None:
    """Write movements that the ledger lacks: the levels are what the shop relied on."""
    levels = await lock_given_levels(tx, ids)
    ledger: dict[tuple[str, str], Decimal] = {
        (record[0], record[1]): record[2] for record in await tx.fetch(_LEDGER, ids)
    }
    await catch_up(tx, [change for level in levels for change in _lacking(level, ledger)])


def _lacking(level: Level, ledger: dict[tuple[str, str], Decimal]) -> list[Change]:
    changes: list[Change] = []
    for name in QUANTITIES:
        amount: Decimal = getattr(level, name)
        lacking = UNROUNDED.subtract(amount, ledger.get((level.id, name), Decimal(0)))
        changes.append(Change(level, name, lacking, amount, _REASON, None, False))
    return changes


async def set_reserved(tx: Transaction, ids: Sequence[str]) -> None:
    """Set the reserved quantity of levels to the sum of their reservations."""
    levels = await lock_given_levels(tx, ids)
    due: dict[str, Decimal] = {record[0]: record[1] for record in await tx.fetch(_RESERVED, ids)}
    await change_levels(tx, [level.become("reserved", due[level.id], _REASON) for level in levels])
