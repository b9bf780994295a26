"""Requests to payment providers, as rows: opened before they are sent, closed by the answer.

An open request is sent again with the same key until the provider has answered, so a crash in
between loses nothing and nobody pays twice.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog

from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import NotAllowed, TooSlow
from merx.core.ids import new_id
from merx.providers.at_once import answer_of
from merx.providers.payment import Charge, Holder, Outcome, PaymentFailed, PaymentProvider

_log = structlog.get_logger()


class Kind(StrEnum):
    """The kind of a request."""

    INITIATE = "initiate"
    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    REFUND = "refund"
    CANCEL = "cancel"
    DELETE = "delete"


class State(StrEnum):
    """The outcome; `requested` and `unknown` are open."""

    REQUESTED = "requested"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """A request that may be sent; its id is the idempotency key.

    It is recorded before, unless it is not `is_written`: then it is recorded with its answer.
    """

    id: str
    kind: Kind
    provider_id: str
    charge: Charge
    payment_id: str | None = None
    refund_reason_id: str | None = None
    note: str | None = None
    created_by: str | None = None
    is_written: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The provider's answer: an outcome, or the reason why it was not done."""

    state: State
    outcome: Outcome | None = None
    error: str = ""

    def check(self) -> Outcome:
        """The outcome; NotAllowed if the provider refused, TooSlow if it has not answered."""
        if self.state is State.FAILED:
            raise NotAllowed(self.error)
        if self.outcome is None:
            raise TooSlow(
                "The payment provider has not answered; the request will be settled later"
            )
        return self.outcome


async def ask(provider: PaymentProvider, request: ProviderRequest) -> Answer:
    """Send a request. Any failure other than a clear refusal leaves the outcome unknown."""
    try:
        call: Coroutine[Any, Any, Outcome] = getattr(provider, request.kind.value)(request.charge)
        outcome = await answer_of(call, is_local=provider.is_local)
    except PaymentFailed as error:
        return Answer(State.FAILED, error=str(error))
    except Exception as error:
        _log.warning("payment provider gave no answer", request=request.id, exc_info=error)
        return Answer(State.UNKNOWN, error=str(error) or type(error).__name__)
    return Answer(State.DONE, outcome)


def new_key() -> str:
    """The id of a future request, which its charge uses as idempotency key."""
    return new_id("payreq")


async def write_request(
    tx: Transaction, request: ProviderRequest, answer: Answer | None = None
) -> None:
    """Record a request that is about to be sent, or one with its answer."""
    charge = request.charge
    await tx.execute(
        # The session's row tells those who wait for it of an open request (sessions.py).
        "WITH told AS (UPDATE payment_session SET status = status"
        " WHERE id = $4 AND $2 = 'authorize' AND $11 <> 'done')"
        " INSERT INTO payment_request (id, kind, provider_id, payment_session_id, payment_id,"
        " amount, currency_code, refund_reason_id, note, created_by, state, error, answered_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, nullif($12, ''),"
        " CASE WHEN $11 IN ('done', 'failed') THEN now() END)",
        request.id,
        request.kind.value,
        request.provider_id,
        charge.session_id,
        request.payment_id,
        charge.amount,
        charge.currency_code,
        request.refund_reason_id,
        request.note,
        request.created_by or acting.get(),
        (answer.state if answer else State.REQUESTED).value,
        answer.error if answer else "",
    )


async def close_request(tx: Transaction, request: ProviderRequest, answer: Answer) -> bool:
    """Store the answer; False if the request was closed meanwhile, and the answer is to be ignored.

    If several received an answer to the same request (the caller, a webhook, the reconciler), one
    closes it and acts on it.
    """
    if not request.is_written:
        await write_request(tx, request, answer)
        return True
    closed = await tx.fetchval(
        "UPDATE payment_request SET state = $2, error = nullif($3, ''), asked_at = now(),"
        " answered_at = CASE WHEN $2 IN ('done', 'failed') THEN now() END"
        " WHERE id = $1 AND state IN ('requested', 'unknown') RETURNING true",
        request.id,
        answer.state.value,
        answer.error,
    )
    return bool(closed)


# The recorded request, with the provider's current data.
_READ = """SELECT r.*, coalesce(p.data, s.data) AS told, h.external_id, h.data AS holder_data
FROM payment_request r JOIN payment_session s ON s.id = r.payment_session_id
LEFT JOIN payment p ON p.id = r.payment_id
LEFT JOIN account_holder h ON h.id = s.context -> 'account_holder' ->> 'id' WHERE """


async def read_request(tx: Transaction, request_id: str) -> ProviderRequest | None:
    """A request to be sent again; None if there is none."""
    row = await tx.fetchrow(f"{_READ} r.id = $1", request_id)
    return _asked(row) if row else None


async def open_requests(tx: Transaction, payment_id: str, kind: Kind) -> list[ProviderRequest]:
    """The open requests of a payment, oldest first."""
    rows = await tx.fetch(
        f"{_READ} r.payment_id = $1 AND r.kind = $2 AND r.state IN ('requested', 'unknown')"
        " ORDER BY r.id",
        payment_id,
        kind.value,
    )
    return [_asked(row) for row in rows]


def _asked(row: Any) -> ProviderRequest:
    known = row["external_id"]
    charge = Charge(
        row["id"],
        row["payment_session_id"],
        row["amount"],
        row["currency_code"],
        row["told"],
        Holder(known, row["holder_data"]) if known else None,
    )
    return ProviderRequest(
        row["id"],
        Kind(row["kind"]),
        row["provider_id"],
        charge,
        row["payment_id"],
        row["refund_reason_id"],
        row["note"],
        row["created_by"],
    )
