"""Requests to external providers, as rows: written before they are sent, closed by the answer.

The creation of a fulfillment goes from `requested` to `done`, in the transaction that writes the
fulfillment, or to `failed`, or by `undoing` to `undone`. A cancellation goes to `done` with the
fulfillment's, or to `failed`; while it is open the fulfillment can be neither shipped nor
delivered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.core.shapes import Document

_WRITE = """INSERT INTO fulfillment_request (fulfillment_id, action, provider_id, asked)
VALUES ($1, $2, $3, $4)
ON CONFLICT (fulfillment_id, action) DO UPDATE SET state = 'requested', updated_at = now()"""
_ANSWER = """UPDATE fulfillment_request SET state = $3, answer = coalesce($4, answer),
  updated_at = now()
WHERE fulfillment_id = $1 AND action = $2 AND state = ANY($5::text[]) RETURNING true"""
_CANCELING = """SELECT true FROM fulfillment_request
WHERE fulfillment_id = $1 AND action = 'cancel' AND state = 'requested'"""
_OPEN = """SELECT r.fulfillment_id AS key, r.action, r.provider_id, coalesce(f.data, '{}') AS data
FROM fulfillment_request r LEFT JOIN fulfillment f ON f.id = r.fulfillment_id
WHERE r.state IN ('requested', 'undoing') AND r.updated_at < now() - make_interval(secs => $1)
ORDER BY r.updated_at LIMIT 100"""


class Action(StrEnum):
    """What is requested."""

    CREATE = "create"
    CREATE_RETURN = "create_return"
    CANCEL = "cancel"


class State(StrEnum):
    """The outcome; `requested` and `undoing` are open."""

    REQUESTED = "requested"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


_BEFORE = {
    State.DONE: [State.REQUESTED],
    State.FAILED: [State.REQUESTED],
    State.UNDOING: [State.REQUESTED, State.UNDOING],
    State.UNDONE: [State.UNDOING],
}


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request without an answer; `data` is what the provider returned for the fulfillment."""

    key: str
    action: Action
    provider_id: str
    data: Mapping[str, Any]


async def write_request(
    tx: Transaction, key: str, action: Action, provider_id: str, asked: Document
) -> None:
    """Record a request that is about to be sent; a cancellation may be requested again."""
    await tx.execute(_WRITE, key, action.value, provider_id, dict(asked))


async def close_request(
    tx: Transaction,
    key: str,
    action: Action,
    state: State,
    answer: Document | None = None,
) -> bool:
    """Record the outcome of a request; False if another one has been recorded meanwhile."""
    before = [one.value for one in _BEFORE[state]]
    kept = None if answer is None else dict(answer)
    return bool(await tx.fetchval(_ANSWER, key, action.value, state.value, kept, before))


async def check_not_canceling(tx: Transaction, fulfillment_id: str) -> None:
    """NotAllowed while a cancellation is open for a fulfillment, which the caller has locked.

    Goods must not be shipped while their provider is cancelling them.
    """
    if await tx.fetchval(_CANCELING, fulfillment_id):
        raise NotAllowed("The fulfillment is being canceled")


async def open_requests(tx: Transaction, older_than: float) -> list[OpenRequest]:
    """The oldest requests that have been without an answer for this many seconds."""
    return [
        OpenRequest(row["key"], Action(row["action"]), row["provider_id"], row["data"])
        for row in await tx.fetch(_OPEN, older_than)
    ]
