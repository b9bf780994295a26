"""Locks of promotions."""

from merx.batch import lock_rows
from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.modules.promotion.models import Promotion


async def lock_promotion(tx: Transaction, promotion_id: str) -> str:
    """Lock a promotion while its rules change; returns its type."""
    records = await lock_rows(tx, Promotion.__table__, [promotion_id], "type")
    if not records:
        raise NotFound(f"Promotion with id: {promotion_id} was not found")
    return records[0]["type"]
