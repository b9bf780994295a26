"""Leases: which process may send to a webhook now, and until when.

While a receiver is called, neither a lock nor a transaction is held, only a lease that expires. A
process that loses it by being late finds another holder and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from merx.core.database import Database
from merx.outbox import emit

LEASE_SECONDS = 40

_DUE = """w.enabled AND w.deleted_at IS NULL AND w.due_at <= now()"""

_CLAIM = f"""
UPDATE webhook SET lease = $1, leased_until = now() + interval '{LEASE_SECONDS} seconds'
WHERE id = ANY (ARRAY(
  SELECT w.id FROM webhook w
  WHERE {_DUE} AND (w.leased_until IS NULL OR w.leased_until < now())
    AND EXISTS (SELECT FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'pending')
  ORDER BY w.due_at LIMIT $2 FOR UPDATE SKIP LOCKED))
RETURNING id"""

# The oldest waiting delivery, so that order is kept.
_NEXT = f"""
WITH held AS (
  UPDATE webhook w SET leased_until = now() + interval '{LEASE_SECONDS} seconds'
  WHERE w.id = $1 AND w.lease = $2 AND {_DUE}
  RETURNING w.url, w.secret, CASE WHEN w.previous_until > now() THEN w.previous_secret END AS old
), head AS (
  UPDATE webhook_delivery d SET attempts = d.attempts + 1, attempted_at = now()
  WHERE EXISTS (SELECT FROM held) AND d.id = (
    SELECT id FROM webhook_delivery WHERE webhook_id = $1 AND state = 'pending'
    ORDER BY event_id LIMIT 1)
  RETURNING d.id, d.event_id, d.event, d.ids, d.happened_at, d.attempts
)
SELECT head.*, held.url, held.secret, held.old FROM held CROSS JOIN head"""

_SETTLE = """
WITH held AS (
  UPDATE webhook SET failures = CASE WHEN $4 = 'done' THEN 0 ELSE failures + 1 END,
    due_at = now() + make_interval(secs => $8), enabled = enabled AND $9::text IS NULL,
    disabled_reason = coalesce($9, disabled_reason),
    updated_at = CASE WHEN $9::text IS NULL THEN updated_at ELSE now() END
  WHERE id = $1 AND lease = $2 RETURNING id
)
UPDATE webhook_delivery SET state = $4, status = $5, answer = $6, error = $7, duration_ms = $10,
  updated_at = now()
WHERE id = $3 AND EXISTS (SELECT FROM held)"""

_RELEASE = "UPDATE webhook SET lease = NULL, leased_until = NULL WHERE id = $1 AND lease = $2"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send to a webhook."""

    webhook_id: str
    holder: str


@dataclass(frozen=True, slots=True)
class Message:
    """What to send, where to, and the secrets that sign it."""

    delivery_id: str
    event_id: str
    event: str
    ids: list[str]
    happened_at: datetime
    attempt: int
    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of sending: `delay` seconds until the next attempt, or why it is `disabled`."""

    state: str
    status: int | None
    answer: str | None
    error: str | None
    milliseconds: int
    delay: float = 0
    disabled: str | None = None


async def claim_webhooks(database: Database, holder: str, most: int) -> Sequence[Lease]:
    """Lease webhooks that have waiting deliveries and no holder."""
    async with database.write() as tx:
        rows = await tx.fetch(_CLAIM, holder, most)
    return [Lease(row["id"], holder) for row in rows]


async def next_message(database: Database, lease: Lease) -> Message | None:
    """The next message, renewing the lease; None if nothing is waiting or the lease is lost."""
    async with database.write() as tx:
        row = await tx.fetchrow(_NEXT, lease.webhook_id, lease.holder)
    if row is None:
        return None
    secrets = tuple(secret for secret in (row["secret"], row["old"]) if secret)
    return Message(
        row["id"],
        row["event_id"],
        row["event"],
        row["ids"],
        row["happened_at"],
        row["attempts"],
        row["url"],
        secrets,
    )


async def settle(database: Database, lease: Lease, message: Message, attempt: Attempt) -> None:
    """Record the result, if the lease is still held."""
    async with database.write() as tx:
        status = await tx.execute(
            _SETTLE,
            lease.webhook_id,
            lease.holder,
            message.delivery_id,
            attempt.state,
            attempt.status,
            attempt.answer,
            attempt.error,
            attempt.delay,
            attempt.disabled,
            attempt.milliseconds,
        )
        if attempt.disabled and status == "UPDATE 1":
            await emit(tx, "webhook.disabled", [lease.webhook_id])


async def release(database: Database, lease: Lease) -> None:
    """Give up the lease."""
    async with database.write() as tx:
        await tx.execute(_RELEASE, lease.webhook_id, lease.holder)
