"""Events as operators see them, and how to have failed ones delivered again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from merx.core.database import Transaction
from merx.outbox.bell import notify

State = Literal["pending", "failed", "done"]

# An event that no relay has processed yet has no deliveries; neither has one without subscribers.
_STATE = (
    "coalesce(delivery.state, CASE WHEN event.relayed_at IS NULL THEN 'pending' ELSE 'done' END)"
)
_WITH_STATE = {
    None: "true",
    "pending": f"{_STATE} = 'pending'",
    "failed": "delivery.state = 'failed'",
    "done": f"{_STATE} = 'done'",
}
_LIST = """
SELECT event.id, event.name, jsonb_array_length(event.ids) AS count, event.created_at,
       delivery.subscriber, {state} AS state, coalesce(delivery.attempts, 0) AS attempts,
       delivery.last_error
FROM event LEFT JOIN event_delivery AS delivery ON delivery.event_id = event.id
WHERE {condition} AND ($1::text IS NULL OR event.name = $1)
ORDER BY event.id DESC, delivery.subscriber
LIMIT $2
"""
_REPLAY = """
UPDATE event_delivery SET state = 'pending', attempts = 0, due_at = now()
WHERE event_id = ANY ($1::text[])
  AND CASE WHEN $2::text IS NULL THEN state = 'failed'
      ELSE state IN ('failed', 'done') AND subscriber = $2 END
"""
_REPLAY_FAILED = """
UPDATE event_delivery SET state = 'pending', attempts = 0, due_at = now() WHERE state = 'failed'
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The state of one event's delivery to one subscriber; without a subscriber, no relay has seen
    the event yet.
    """

    event_id: str
    name: str
    count: int
    created_at: datetime
    subscriber: str | None
    state: State
    attempts: int
    last_error: str | None


async def list_deliveries(
    connection: Transaction, *, state: State | None = None, name: str | None = None, limit: int = 50
) -> list[Delivery]:
    """Deliveries, newest first."""
    query = _LIST.format(state=_STATE, condition=_WITH_STATE[state])
    return [Delivery(*row.values()) for row in await connection.fetch(query, name, limit)]


async def replay(
    tx: Transaction, event_ids: Sequence[str], *, subscriber: str | None = None
) -> int:
    """Retry the failed deliveries of these events, or of all events of `subscriber`; returns how
    many.
    """
    return await _replay(tx, await tx.execute(_REPLAY, event_ids, subscriber))


async def replay_failed(tx: Transaction) -> int:
    """Retry every failed delivery; returns how many there are."""
    return await _replay(tx, await tx.execute(_REPLAY_FAILED))


async def _replay(tx: Transaction, status: str) -> int:
    await notify(tx)
    return int(status.removeprefix("UPDATE "))
