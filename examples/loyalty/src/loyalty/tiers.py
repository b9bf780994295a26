"""What happens later: a subscriber that raises tiers, and a job by which points expire."""

from merx.extending import Database, Event

EVENTS = ("loyalty-account.created", "loyalty-account.updated")

_RAISE = """UPDATE loyalty_account SET tier = 'gold', updated_at = now()
WHERE id = ANY ($1::text[]) AND points >= 1000 AND tier <> 'gold'"""
_EXPIRE = """UPDATE loyalty_account SET points = 0, updated_at = now()
WHERE points > 0 AND updated_at < now() - interval '2 years'"""


async def raise_tiers(event: Event, database: Database) -> None:
    """Make accounts with many points golden; a repeated event changes nothing."""
    async with database.write() as tx:
        await tx.execute(_RAISE, event.ids)


async def expire(database: Database) -> None:
    """Let points expire that were not touched for two years."""
    async with database.write() as tx:
        await tx.execute(_EXPIRE)
