"""What must hold of stock whatever happened: asked of the tables, not of the code under test."""

from merx.core.database import Transaction

# Each finds rows that break one promise.
_PROMISES = {
    "reserved of a level is the sum of its reservations": """
        SELECT l.id FROM inventory_level l WHERE l.reserved_quantity <> (
          SELECT coalesce(sum(r.quantity), 0) FROM reservation_item r
          WHERE r.deleted_at IS NULL AND r.inventory_item_id = l.inventory_item_id
          AND r.location_id = l.location_id AND l.deleted_at IS NULL)""",
    "a level is what its movements come to": """
        SELECT l.id FROM inventory_level l,
          LATERAL (VALUES ('stocked', l.stocked_quantity), ('reserved', l.reserved_quantity),
                          ('incoming', l.incoming_quantity)) has(name, amount)
        WHERE has.amount <> (SELECT coalesce(sum(m.delta), 0) FROM inventory_movement m
          WHERE m.inventory_level_id = l.id AND m.quantity = has.name)""",
    "each balance is the one before and the change": """
        SELECT id FROM (
          SELECT id, balance, sum(delta) OVER (
            PARTITION BY inventory_level_id, quantity ORDER BY position) AS due
          FROM inventory_movement) m
        WHERE balance <> due""",
    "a reservation has a level": """
        SELECT r.id FROM reservation_item r WHERE r.deleted_at IS NULL AND r.quantity > 0
        AND NOT EXISTS (SELECT FROM inventory_level l WHERE l.deleted_at IS NULL
          AND l.inventory_item_id = r.inventory_item_id AND l.location_id = r.location_id)""",
    "nothing is left of a deleted level": """
        SELECT id FROM inventory_level WHERE deleted_at IS NOT NULL
        AND (stocked_quantity, reserved_quantity, incoming_quantity) <> (0, 0, 0)""",
}


async def broken_promises(tx: Transaction) -> dict[str, list[str]]:
    """The ids of the rows that break each promise; empty where all is well."""
    found = {words: await tx.fetch(query) for words, query in _PROMISES.items()}
    return {words: [record[0] for record in rows] for words, rows in found.items() if rows}
