"""Idempotency keys.

Stored with the first change, completed with the answer, deleted after a day.
"""

from dataclasses import dataclass

from merx.core.database import Database, Transaction
from merx.core.errors import Conflict, KeyUsedOtherwise

KEPT_HOURS = 24
_CHUNK = 1000
# The longest a request may run; one that still has no answer then has died.
_LONGEST_SECONDS = 300

# The unique index makes the second of two concurrent requests wait for the first. An expired key
# counts as free, and so does one whose request can safely be run again: it finds its work done.
_TAKE = f"""
INSERT INTO idempotency_key AS held (actor_id, key, fingerprint) VALUES ($1, $2, $3)
ON CONFLICT (actor_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, created_at = now(),
  status = NULL, content_type = NULL, body = NULL
WHERE held.created_at < now() - interval '{KEPT_HOURS} hours'
  OR ($4 AND held.status IS NULL AND held.fingerprint = excluded.fingerprint)
RETURNING true"""

_HELD = f"""
SELECT fingerprint, status, content_type, body,
  created_at < now() - interval '{_LONGEST_SECONDS} seconds' AS is_lost
FROM idempotency_key WHERE actor_id = $1 AND key = $2"""

_ANSWER = """
UPDATE idempotency_key SET status = $3, content_type = $4, body = $5
WHERE actor_id = $1 AND key = $2"""

_FORGET = f"""
DELETE FROM idempotency_key row USING (
  SELECT actor_id, key FROM idempotency_key
  WHERE created_at < now() - interval '{KEPT_HOURS} hours'
  ORDER BY created_at LIMIT {_CHUNK} FOR UPDATE SKIP LOCKED) old
WHERE row.actor_id = old.actor_id AND row.key = old.key"""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, its sender, and the digest of its request."""

    actor_id: str
    key: str
    fingerprint: bytes
    is_repeatable: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a completed request."""

    status: int
    content_type: str
    body: bytes


async def take_key(tx: Transaction, key: Key) -> Answered | None:
    """Store the key until the transaction ends; returns the answer if the request was already done.

    Raises KeyUsedOtherwise for the key of a different request, Conflict while the outcome of the
    request with this key is unknown.
    """
    values = (key.actor_id, key.key, key.fingerprint, key.is_repeatable)
    if await tx.fetchval(_TAKE, *values):
        return None
    held = await tx.fetchrow(_HELD, key.actor_id, key.key)
    if held is None:
        raise Conflict(f"The idempotency key {key.key} was just forgotten; try again")
    if held["fingerprint"] != key.fingerprint:
        raise KeyUsedOtherwise(
            f"The idempotency key {key.key} was used for another request",
            code="idempotency_key_reused",
        )
    if held["status"] is not None:
        return Answered(held["status"], held["content_type"], held["body"])
    if held["is_lost"]:
        raise Conflict(
            f"The request with the idempotency key {key.key} was started and its answer was lost;"
            " check what it changed before you send it with another key",
            code="idempotency_outcome_unknown",
        )
    raise Conflict(
        f"The request with the idempotency key {key.key} is still in progress; try again",
        code="idempotency_key_in_use",
    )


async def answer_key(tx: Transaction, key: Key, answered: Answered) -> None:
    """Store the answer with the key."""
    values = (answered.status, answered.content_type, answered.body)
    await tx.execute(_ANSWER, key.actor_id, key.key, *values)


async def forget_keys(database: Database) -> None:
    """Delete expired keys, some at a time."""
    removed = f"DELETE {_CHUNK}"
    while removed == f"DELETE {_CHUNK}":
        async with database.write() as tx:
            removed = await tx.execute(_FORGET)
