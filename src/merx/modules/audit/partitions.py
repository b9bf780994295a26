"""The monthly partitions of the audit log: created in advance, dropped when too old."""

from merx.core.database import Database, Transaction

MONTHS_AHEAD = 2
# Only one process at a time. The number is arbitrary, but ours alone.
_TURN = "SELECT pg_advisory_xact_lock(7261954)"
_MAKE = """
SELECT make_audit_month((date_trunc('month', now()) + make_interval(months => ahead))::date)
FROM generate_series(0, $1) ahead"""

# A partition is old once its last day is.
_OLD = """
SELECT inhrelid::regclass::text AS name FROM pg_inherits
WHERE inhparent = 'audit_log'::regclass AND inhrelid::regclass::text ~ '^audit_log_[0-9]{6}$'
  AND to_date(right(inhrelid::regclass::text, 6), 'YYYYMM')
    < date_trunc('month', now()) - make_interval(months => $1)"""

_DELETE = """
DELETE FROM audit_log_rest
WHERE created_at < date_trunc('month', now()) - make_interval(months => $1)"""


async def turn_months(database: Database, *, kept: int) -> None:
    """Create the partitions of the next months, and drop those older than `kept` months."""
    async with database.write() as tx:
        await turn_months_in(tx, kept=kept)


async def turn_months_in(tx: Transaction, *, kept: int) -> None:
    """The same, in an open transaction."""
    await tx.execute(_TURN)
    await tx.execute(_MAKE, MONTHS_AHEAD)
    for record in await tx.fetch(_OLD, kept):
        await tx.execute(f'DROP TABLE "{record["name"]}"')
    await tx.execute(_DELETE, kept)
