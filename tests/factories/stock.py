"""Stock levels and reservations at locations."""

from decimal import Decimal

from merx.batch import insert_all
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.inventory.ledger import opening
from merx.workflows.stock.reservations import create_reservations


async def make_level(
    tx: Transaction, item_id: str, location_id: str, *, stocked: int = 0, reserved: int = 0
) -> str:
    """Quantities of an item at a location; the level's id."""
    row = {
        "id": new_id("ilev"),
        "inventory_item_id": item_id,
        "location_id": location_id,
        "stocked_quantity": Decimal(stocked),
    }
    await insert_all(tx, *opening([row], "created"))
    if reserved:
        await make_reservation(tx, item_id, location_id, reserved, allow_backorder=True)
    return row["id"]


async def make_reservation(
    tx: Transaction, item_id: str, location_id: str, quantity: int, **more: object
) -> str:
    """A reservation; its id."""
    row = {
        "inventory_item_id": item_id,
        "location_id": location_id,
        "quantity": Decimal(quantity),
        **more,
    }
    [reservation_id] = await create_reservations(tx, [row])
    return reservation_id
