"""Locks of locations that workflows share."""

from collections.abc import Sequence

from merx.batch import lock_rows
from merx.core.database import Transaction
from merx.core.errors import below, refuse_named
from merx.modules.stock_location.models import StockLocation


async def lock_locations(
    tx: Transaction, ids: Sequence[str], paths: Sequence[str] | None = None
) -> None:
    """Lock the locations against deletion until the end; NotFound names missing ones, by the paths
    of what names them.
    """
    wanted = list(dict.fromkeys(ids))
    records = await lock_rows(tx, StockLocation.__table__, wanted, shared=True)
    present = {record["id"] for record in records}
    missing = [
        (given, below(path, "location_id"))
        for given, path in zip(ids, paths or [""] * len(ids), strict=True)
        if given not in present
    ]
    refuse_named(missing, "Stock locations with ids: {} was not found")
