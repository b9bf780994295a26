"""Locks of locations that workflows share."""

from collections.abc import Sequence

from merx.batch import lock_rows
from merx.core.database import Transaction
from merx.core.errors import check_present
from merx.modules.stock_location.models import StockLocation


async def lock_locations(tx: Transaction, ids: Sequence[str]) -> None:
    """Lock the locations against deletion until the end; NotFound names missing ones."""
    wanted = list(dict.fromkeys(ids))
    records = await lock_rows(tx, StockLocation.__table__, wanted, shared=True)
    present = {record["id"] for record in records}
    check_present(wanted, present, "Stock locations with ids: {} was not found")
