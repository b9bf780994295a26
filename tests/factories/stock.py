"""Stock at locations, as reservations and orders leave it."""

from merx.core.database import Transaction
from merx.core.ids import new_id


async def make_level(
    tx: Transaction, item_id: str, location_id: str, *, stocked: int = 0, reserved: int = 0
) -> str:
    """Quantities of an item at a location; the level's id."""
    level_id = new_id("ilev")
    await tx.execute(
        "INSERT INTO inventory_level"
        " (id, inventory_item_id, location_id, stocked_quantity, reserved_quantity)"
        " VALUES ($1, $2, $3, $4, $5)",
        level_id,
        item_id,
        location_id,
        stocked,
        reserved,
    )
    return level_id
