"""Locks of locations that the workflows share."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import NotFound


async def lock_locations(tx: Transaction, ids: Sequence[str]) -> None:
    """Hold the locations against deletion until the end; NotFound names those that nobody has."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return
    records = await tx.fetch(
        "SELECT id FROM stock_location WHERE id = ANY($1::text[]) AND deleted_at IS NULL"
        " ORDER BY id FOR SHARE",
        wanted,
    )
    present = {record[0] for record in records}
    missing = [location_id for location_id in wanted if location_id not in present]
    if missing:
        raise NotFound(f"Stock locations with ids: {', '.join(missing)} was not found")
