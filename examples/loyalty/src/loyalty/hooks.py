"""Hooks of customers: each gets an account, and those with many points stay."""

from collections.abc import Sequence

from pydantic import Field

from loyalty.models import LoyaltyAccount
from loyalty.settings import SETTINGS
from merx.extending import Change, NotAllowed, OpenInput, Transaction, emit, insert_rows, new_id

_WITH_POINTS = "SELECT count(*) FROM loyalty_account WHERE customer_id = ANY ($1) AND points >= 500"


class CustomerLoyalty(OpenInput):
    """What may be sent with a customer as `additional_data`."""

    loyalty_points: int = Field(default=0, ge=0, description="Points beside those of the welcome")


async def open_accounts(tx: Transaction, rows: Sequence[Change]) -> None:
    """Open an account for each new customer, in the same transaction."""
    sent = [CustomerLoyalty.model_validate(row.additional_data) for row in rows]
    accounts = [
        {
            "id": new_id("loyacc"),
            "customer_id": row.id,
            "points": SETTINGS.welcome_points + data.loyalty_points,
            "tier": "silver",
        }
        for row, data in zip(rows, sent, strict=True)
    ]
    await insert_rows(tx, LoyaltyAccount.__table__, accounts)
    await emit(tx, "loyalty-account.created", [str(one["id"]) for one in accounts])


async def keep_those_with_points(tx: Transaction, rows: Sequence[Change]) -> None:
    """Refuse to delete customers with many points."""
    if await tx.fetchval(_WITH_POINTS, [row.id for row in rows]):
        raise NotAllowed("A customer with 500 points or more cannot be deleted")
