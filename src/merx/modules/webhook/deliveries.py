"""Deliveries to webhooks: queued from events, replayed on demand, pruned."""

from dataclasses import dataclass

from merx.core.database import Database, Transaction
from merx.core.ids import new_id
from merx.outbox import Event

PING = "webhook.ping"
EVENTS_PER_REPLAY = 10_000
_CHUNK = 1000

# Counted by the statement, since only it knows how many there are.
_NEW_ID = "'whd_' || replace(gen_random_uuid()::text, '-', '')"
_ALIVE = "w.enabled AND w.deleted_at IS NULL"


def _heard(event: str) -> str:
    """The condition for a webhook `w` that is subscribed to events of this name."""
    return f"""EXISTS (SELECT FROM jsonb_array_elements_text(w.events) AS pattern (text)
      WHERE pattern.text IN ('*', {event})
        OR right(pattern.text, 2) = '.*' AND starts_with({event}, left(pattern.text, -1)))"""


# Evaluated when events are fanned out: an event without a subscribed webhook costs no delivery.
WANTED = f"EXISTS (SELECT FROM webhook w WHERE {_ALIVE} AND {_heard('fresh.name')})"

_ADD = f"""
INSERT INTO webhook_delivery (id, webhook_id, event_id, event, ids, happened_at)
SELECT {_NEW_ID}, w.id, $1, $2, $3, $4 FROM webhook w WHERE {_ALIVE} AND {_heard("$2::text")}
ON CONFLICT (webhook_id, event_id) DO NOTHING"""

_PING = f"""
INSERT INTO webhook_delivery (id, webhook_id, event_id, event, ids, happened_at)
VALUES ({_NEW_ID}, $1, $2, $3, '[]', now()) RETURNING id"""

_REPLAY_ONE = """
UPDATE webhook_delivery SET state = 'pending', attempts = 0, updated_at = now()
WHERE id = $1 AND webhook_id = $2"""

_REPLAY = f"""
WITH kept AS (
    SELECT event.id, event.name, event.ids, event.created_at
    FROM webhook w JOIN event ON event.id > $2 AND {_heard("event.name")}
    WHERE w.id = $1 ORDER BY event.id LIMIT {EVENTS_PER_REPLAY}
), sent AS (
    INSERT INTO webhook_delivery (id, webhook_id, event_id, event, ids, happened_at)
    SELECT {_NEW_ID}, $1, id, name, ids, created_at FROM kept
    ON CONFLICT (webhook_id, event_id) DO UPDATE
    SET state = 'pending', attempts = 0, updated_at = now()
)
SELECT count(*) AS count, max(id) AS cursor FROM kept"""

_FORGET = f"""
DELETE FROM webhook_delivery WHERE id = ANY (ARRAY(
  SELECT d.id FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
  WHERE d.created_at < now() - make_interval(secs => $1)
    AND (d.state <> 'pending' OR NOT ({_ALIVE}))
  ORDER BY d.created_at LIMIT {_CHUNK} FOR UPDATE OF d SKIP LOCKED))"""


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events are sent again, and the position where the next call continues."""

    count: int
    cursor: str
    is_whole: bool


async def add_deliveries(tx: Transaction, event: Event) -> None:
    """Queue the deliveries of an event; idempotent."""
    await tx.execute(_ADD, event.id, event.name, event.ids, event.created_at)


async def add_ping(tx: Transaction, webhook_id: str) -> str:
    """Queue a test event for this webhook only; returns the id of its delivery."""
    return await tx.fetchval(_PING, webhook_id, new_id("evt"), PING)


async def replay_delivery(tx: Transaction, webhook_id: str, delivery_id: str) -> bool:
    """Send a delivery again, whatever its state; False if it does not exist."""
    return await tx.execute(_REPLAY_ONE, delivery_id, webhook_id) == "UPDATE 1"


async def replay_events(tx: Transaction, webhook_id: str, *, after: str) -> Replayed:
    """Send stored events after a position again, if the webhook is subscribed to them."""
    row = await tx.fetchrow(_REPLAY, webhook_id, after)
    assert row is not None
    return Replayed(row["count"], row["cursor"] or after, row["count"] < EVENTS_PER_REPLAY)


async def forget_deliveries(database: Database, *, days: float) -> None:
    """Delete old deliveries that were sent or given up, some at a time."""
    removed = f"DELETE {_CHUNK}"
    while removed == f"DELETE {_CHUNK}":
        async with database.write() as tx:
            removed = await tx.execute(_FORGET, days * 86_400)


async def hear(event: Event, database: Database) -> None:
    """The subscriber's handler, called by the relay."""
    async with database.write() as tx:
        await add_deliveries(tx, event)
