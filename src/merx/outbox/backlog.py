"""How much is waiting in the outbox, and for how long."""

from dataclasses import dataclass

from merx.core.database import Transaction

# Waiting rows are few and found by partial indexes; finished ones are never scanned.
_BACKLOG = """
SELECT 'events' AS name, count(*) AS count,
    coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS seconds
FROM event WHERE relayed_at IS NULL
UNION ALL
SELECT 'deliveries', count(*),
    greatest(coalesce(extract(epoch FROM now() - min(due_at)), 0), 0)::float8
FROM event_delivery WHERE state = 'pending'
UNION ALL
SELECT 'failed deliveries', count(*),
    greatest(coalesce(extract(epoch FROM now() - min(due_at)), 0), 0)::float8
FROM event_delivery WHERE state = 'failed'
UNION ALL
SELECT 'jobs', count(*) FILTER (WHERE due_at <= now()),
    greatest(coalesce(extract(epoch FROM now() - min(due_at)), 0), 0)::float8
FROM job
"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The number of waiting rows, and the age in seconds of the oldest since it was due."""

    name: str
    count: int
    seconds: float


async def read_backlog(connection: Transaction) -> list[Backlog]:
    """What is waiting: events, deliveries, failed deliveries and jobs."""
    rows = await connection.fetch(_BACKLOG)
    return [Backlog(row["name"], row["count"], row["seconds"]) for row in rows]
