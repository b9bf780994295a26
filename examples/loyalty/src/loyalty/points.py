"""How points are given and taken: a hook, a subscriber and a job."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from loyalty.models import LoyaltyAccount
from merx.batch import insert_rows
from merx.core.database import Database, Transaction
from merx.core.errors import NotAllowed
from merx.core.hooks import Change, Hook
from merx.core.ids import new_id
from merx.outbox import Event, emit

_RAISE = """UPDATE loyalty_account SET tier = 'gold', updated_at = now()
WHERE id = ANY ($1::text[]) AND points >= 1000 AND tier <> 'gold'"""
_EXPIRE = """UPDATE loyalty_account SET points = 0, updated_at = now()
WHERE points > 0 AND updated_at < now() - interval '2 years'"""
_WITH_POINTS = "SELECT count(*) FROM loyalty_account WHERE customer_id = ANY ($1) AND points >= 500"


class CustomerLoyalty(BaseModel):
    """What may be sent with a customer as `additional_data`."""

    model_config = ConfigDict(strict=True)

    loyalty_points: int = Field(default=0, ge=0, description="Points beside those of the welcome")


def welcome(points: int) -> Hook:
    """A hook that opens an account for each new customer, in the same transaction."""

    async def open_accounts(tx: Transaction, rows: Sequence[Change]) -> None:
        accounts = [
            {
                "id": new_id("loyacc"),
                "customer_id": row.id,
                "tier": "silver",
                "points": points
                + CustomerLoyalty.model_validate(row.additional_data).loyalty_points,
            }
            for row in rows
        ]
        await insert_rows(tx, LoyaltyAccount.__table__, accounts)
        await emit(tx, "loyalty-account.updated", [str(one["id"]) for one in accounts])

    return open_accounts


async def keep_those_with_points(tx: Transaction, rows: Sequence[Change]) -> None:
    """Refuse to delete customers with many points."""
    if await tx.fetchval(_WITH_POINTS, [row.id for row in rows]):
        raise NotAllowed("A customer with 500 points or more cannot be deleted")


async def raise_tiers(event: Event, database: Database) -> None:
    """Make those with many points golden; a repeated event changes nothing."""
    async with database.write() as tx:
        await tx.execute(_RAISE, event.ids)


async def expire(database: Database) -> None:
    """Let points expire that were not touched for two years."""
    async with database.write() as tx:
        await tx.execute(_EXPIRE)
