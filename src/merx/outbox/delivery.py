"""The relay's statements: fan out events, claim deliveries, settle them, prune old events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ulid import ULID

from merx.core.database import Transaction
from merx.outbox.subscriber import Event, Subscriber

EVENTS_PER_ROUND = 500
EVENTS_PER_PRUNE = 1000

# A handler is cancelled when its time is up; this much later another relay may claim the delivery.
SPARE_SECONDS = 10

# Find and lock the rows by the partial index, then update them by primary key: the array is
# evaluated once. (`ctid` would be as fast, but not every engine that speaks PostgreSQL's protocol
# has it.)
_FAN_OUT = """
WITH fresh AS (
    UPDATE event SET relayed_at = now()
    WHERE id = ANY (ARRAY(
        SELECT id FROM event WHERE relayed_at IS NULL ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, name
), deliveries AS (
    INSERT INTO event_delivery (event_id, subscriber)
    SELECT fresh.id, route.subscriber
    FROM fresh
    JOIN unnest($1::text[], $2::text[]) AS route (subscriber, event)
        ON route.event IN (fresh.name, '*') AND {wanted}
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM fresh
"""

# Each subscriber has its own slots: a slow one fills its own, not those of the others.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT taken.event_id, taken.subscriber, asked.seconds
    FROM unnest($1::text[], $2::int[], $3::float8[]) AS asked (name, slots, seconds)
    CROSS JOIN LATERAL (
        SELECT event_id, subscriber FROM event_delivery
        WHERE subscriber = asked.name AND state = 'pending' AND due_at <= now()
        ORDER BY due_at LIMIT asked.slots FOR UPDATE SKIP LOCKED
    ) AS taken
), claimed AS (
    UPDATE event_delivery AS delivery
    SET attempts = delivery.attempts + 1, due_at = now() + make_interval(secs => due.seconds)
    FROM due
    WHERE delivery.event_id = due.event_id AND delivery.subscriber = due.subscriber
    RETURNING delivery.event_id, delivery.subscriber, delivery.attempts
)
SELECT event.id, event.name, event.ids, event.created_at, event.trace_parent,
    claimed.subscriber, claimed.attempts
FROM claimed JOIN event ON event.id = claimed.event_id
"""

# A relay that lost its claim by being late finds another attempt count and changes nothing. With
# `state = 'pending'` in the condition too, the planner would scan all pending rows instead of using
# the primary key.
_SETTLE = """
UPDATE event_delivery AS delivery
SET state = outcome.state,
    due_at = now() + make_interval(secs => outcome.delay),
    last_error = CASE WHEN outcome.state <> 'done' THEN coalesce(outcome.error, last_error) END
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::float8[], $6::text[])
    AS outcome (event_id, subscriber, attempt, state, delay, error)
WHERE delivery.event_id = outcome.event_id AND delivery.subscriber = outcome.subscriber
  AND delivery.attempts = outcome.attempt
"""

_PRUNE = """
DELETE FROM event WHERE id = ANY (ARRAY(
    SELECT id FROM event
    WHERE id < $1 AND relayed_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM event_delivery WHERE event_id = event.id AND state <> 'done'
    )
    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
))
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery claimed by this process, and by no other."""

    event: Event
    subscriber: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a claim ended: done, failed for good, or pending again after `delay` seconds."""

    claim: Claim
    state: str
    delay: float = 0
    error: str | None = None


async def fan_out(connection: Transaction, subscribers: Sequence[Subscriber]) -> bool:
    """Create deliveries for new events; True if there may be more events."""
    routes = [(subscriber.name, event) for subscriber in subscribers for event in subscriber.events]
    count = await connection.fetchval(
        _FAN_OUT.format(wanted=_wanted(subscribers)),
        [name for name, _ in routes],
        [event for _, event in routes],
        EVENTS_PER_ROUND,
    )
    return count == EVENTS_PER_ROUND


def _wanted(subscribers: Sequence[Subscriber]) -> str:
    """Evaluated in the statement that fans events out, so it sees the state at the time they
    happened.
    """
    conditions = [
        f"(route.subscriber <> '{subscriber.name}' OR {subscriber.wanted})"
        for subscriber in subscribers
        if subscriber.wanted
    ]
    return " AND ".join(conditions) or "true"


async def claim(
    connection: Transaction, subscribers: Sequence[Subscriber], slots: Mapping[str, int]
) -> list[Claim]:
    """Claim due deliveries, for each subscriber as many as it has free slots."""
    asking = [subscriber for subscriber in subscribers if slots[subscriber.name]]
    if not asking:
        return []
    rows = await connection.fetch(
        _CLAIM,
        [subscriber.name for subscriber in asking],
        [slots[subscriber.name] for subscriber in asking],
        [subscriber.seconds + SPARE_SECONDS for subscriber in asking],
    )
    return [
        Claim(
            Event(row["id"], row["name"], row["ids"], row["created_at"], row["trace_parent"]),
            row["subscriber"],
            row["attempts"],
        )
        for row in rows
    ]


async def settle(connection: Transaction, outcomes: Sequence[Outcome]) -> None:
    """Record how claims ended."""
    await connection.execute(
        _SETTLE,
        [outcome.claim.event.id for outcome in outcomes],
        [outcome.claim.subscriber for outcome in outcomes],
        [outcome.claim.attempt for outcome in outcomes],
        [outcome.state for outcome in outcomes],
        [outcome.delay for outcome in outcomes],
        [outcome.error for outcome in outcomes],
    )


async def prune(connection: Transaction, *, days: float) -> bool:
    """Delete old events that have been delivered to everyone; True if there may be more."""
    oldest = ULID.from_datetime(datetime.now(UTC) - timedelta(days=days))
    # The first ten characters of a ULID are its time.
    status = await connection.execute(_PRUNE, f"evt_{str(oldest)[:10]}", EVENTS_PER_PRUNE)
    return status == f"DELETE {EVENTS_PER_PRUNE}"
