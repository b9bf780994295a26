"""Payment sessions: attempts to pay a collection, of which one is live at a time."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.core.tracing import current_parent
from merx.modules.payment.collections import REFRESH_WITH_NEW
from merx.modules.payment.requests import Kind, ProviderRequest, new_key
from merx.providers.payment import (
    Charge,
    Holder,
    Outcome,
    SessionStatus,
    SystemPaymentProvider,
)

_SESSION = """SELECT s.*, p.id AS payment_id, r.id AS request_id, h.external_id,
  h.data AS holder_data,
  s.ctid <> (SELECT y.ctid FROM payment_session y WHERE y.id = s.id) AS is_newer
FROM payment_session s
LEFT JOIN payment p ON p.payment_session_id = s.id AND p.deleted_at IS NULL
LEFT JOIN payment_request r ON r.payment_session_id = s.id AND r.kind = 'authorize'
  AND r.state IN ('requested', 'unknown')
LEFT JOIN account_holder h ON h.id = s.context -> 'account_holder' ->> 'id'
"""
_FIND = f"{_SESSION} WHERE s.id = $1 FOR NO KEY UPDATE OF s"
# A declined session can be tried again: with Stripe, the buyer uses another card.
_FIND_DUE = f"""{_SESSION} WHERE s.id = (
  SELECT y.id FROM payment_session y
  JOIN payment_collection c ON c.id = y.payment_collection_id AND c.deleted_at IS NULL
  WHERE y.payment_collection_id = $1 AND y.deleted_at IS NULL AND y.status <> 'canceled'
    AND (y.amount, y.currency_code) = ($2, $3)
    AND NOT EXISTS (SELECT FROM payment q WHERE q.payment_session_id = y.id
      AND (q.is_canceling OR q.canceled_at IS NOT NULL))
  ORDER BY y.id DESC LIMIT 1) FOR NO KEY UPDATE OF s"""


@dataclass(frozen=True, slots=True)
class Session:
    """A locked session; `request_id` is its open authorization request, if any."""

    id: str
    amount: Decimal
    currency_code: str
    provider_id: str
    data: dict[str, Any]
    status: SessionStatus
    payment_collection_id: str
    payment_id: str | None
    request_id: str | None
    holder: Holder | None
    is_dropped: bool

    def request(self, kind: Kind, key: str) -> ProviderRequest:
        """A request about the session."""
        charge = Charge(key, self.id, self.amount, self.currency_code, self.data, self.holder)
        return ProviderRequest(key, kind, self.provider_id, charge)


async def lock_session(tx: Transaction, session_id: str) -> Session:
    """The live session, locked; NotFound if there is none."""
    session = await find_session(tx, session_id)
    if session is None or session.is_dropped:
        raise NotFound(f"PaymentSession id not found: {session_id}")
    return session


async def lock_due_session(
    tx: Transaction, collection_id: str, amount: Decimal, currency_code: str
) -> Session | None:
    """The newest session that pays this amount of a live collection, locked; None without one."""
    row = await tx.fetchrow(_FIND_DUE, collection_id, amount, currency_code)
    while row is not None and row["is_newer"]:
        # While this waited for the lock, the session may have been canceled or replaced.
        row = await tx.fetchrow(_FIND_DUE, collection_id, amount, currency_code)
    return _session(row) if row else None


async def find_session(tx: Transaction, session_id: str) -> Session | None:
    """The session, locked, even if it is deleted or not visible yet."""
    row = await tx.fetchrow(_FIND, session_id)
    if row is not None and row["is_newer"]:
        # Having waited for the lock, the statement does not see the payment that a concurrent
        # request has inserted. Whoever inserts one, or an open request, updates the session.
        row = await tx.fetchrow(_FIND, session_id)
    return _session(row) if row else None


def _session(row: Any) -> Session:
    known = row["external_id"]
    return Session(
        row["id"],
        row["amount"],
        row["currency_code"],
        row["provider_id"],
        row["data"],
        SessionStatus(row["status"]),
        row["payment_collection_id"],
        row["payment_id"],
        row["request_id"],
        Holder(known, row["holder_data"]) if known else None,
        row["deleted_at"] is not None,
    )


async def write_status(
    tx: Transaction, session_id: str, status: SessionStatus, data: Json | None
) -> None:
    """Store the session's status, and the provider's data if there is any."""
    await tx.execute(
        "UPDATE payment_session SET status = $2, data = coalesce($3, data), updated_at = now(),"
        " authorized_at = CASE WHEN $2 = 'authorized' THEN now() ELSE authorized_at END"
        " WHERE id = $1",
        session_id,
        status.value,
        data,
    )


_AUTHORIZED = """WITH session AS (
  UPDATE payment_session SET status = 'authorized', data = coalesce($5, data),
    updated_at = now(), authorized_at = now() WHERE id = $7),
told AS (INSERT INTO event (id, name, ids, trace_parent)
  VALUES ($8, $9, jsonb_build_array($1::text), $10))
INSERT INTO payment (id, amount, currency_code, provider_id, data,
  payment_collection_id, payment_session_id) VALUES ($1, $2, $3, $4, $5, $6, $7)"""


# A request to a local provider, recorded with what it answered.
_ANSWERED = """INSERT INTO payment_request (id, kind, provider_id, payment_session_id, amount,
  currency_code, created_by, state, answered_at)
VALUES (${}, ${}, ${}, ${}, ${}, ${}, ${}, 'done', now())"""
_AUTHORIZED_AT_ONCE = f"""WITH request AS ({_ANSWERED.format(9, 10, 5, 3, 2, 4, 11)}),
session AS (
  UPDATE payment_session SET status = 'authorized', data = $6, updated_at = now(),
    authorized_at = now() WHERE id = $3),
told AS (INSERT INTO event (id, name, ids, trace_parent)
  VALUES ($8, 'payment.authorized', jsonb_build_array($7::text), $12)),
made AS (INSERT INTO payment (id, amount, currency_code, provider_id, data,
  payment_collection_id, payment_session_id) VALUES ($7, $2, $4, $5, $6, $1, $3))
{REFRESH_WITH_NEW}"""


async def authorize_at_once(
    tx: Transaction, session: Session, request: ProviderRequest, data: Json
) -> str:
    """Everything that follows from an authorization by a local provider, in one statement: the
    request with its answer, the payment with its event, the sums of the collection. Returns the
    payment's id.
    """
    payment_id = new_id("pay")
    await tx.execute(
        _AUTHORIZED_AT_ONCE,
        session.payment_collection_id,
        session.amount,
        session.id,
        session.currency_code,
        session.provider_id,
        data,
        payment_id,
        new_id("evt"),
        request.id,
        request.kind.value,
        request.created_by or acting.get(),
        current_parent(),
    )
    return payment_id


async def insert_payment(tx: Transaction, session: Session, data: Json) -> str:
    """Insert the payment of a session that is now authorized, with its event; returns its id."""
    payment_id = new_id("pay")
    await tx.execute(
        _AUTHORIZED,
        payment_id,
        session.amount,
        session.currency_code,
        session.provider_id,
        data,
        session.payment_collection_id,
        session.id,
        new_id("evt"),
        "payment.authorized",
        current_parent(),
    )
    return payment_id


_OPEN = """WITH provider AS (
  SELECT FROM payment_provider WHERE id = $3 AND is_enabled AND deleted_at IS NULL),
made AS (
  INSERT INTO payment_session
    (id, currency_code, amount, provider_id, data, context, payment_collection_id, deleted_at)
  SELECT $2, c.currency_code, c.amount, $3, $4, $5, c.id, now()
  FROM payment_collection c, provider WHERE c.id = $1 AND c.deleted_at IS NULL
  FOR NO KEY UPDATE OF c RETURNING amount, currency_code)
SELECT EXISTS (SELECT FROM provider) AS is_enabled, made.*
FROM (SELECT true) one LEFT JOIN made ON true"""
# A session that an external provider knows is deleted there too, by a job.
_GONE = """gone AS (
  UPDATE payment_session s SET deleted_at = now(), updated_at = now()
  WHERE s.payment_collection_id = $1 AND s.deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM payment p
      WHERE p.payment_session_id = s.id AND p.deleted_at IS NULL)
    AND NOT EXISTS (SELECT FROM payment_request r WHERE r.payment_session_id = s.id
      AND r.kind = 'authorize' AND r.state IN ('requested', 'unknown'))
    {but}
  RETURNING s.id, s.provider_id, s.amount, s.currency_code),
deletions AS (INSERT INTO payment_request
    (id, kind, provider_id, payment_session_id, amount, currency_code, attempts, asked_at)
  SELECT $2 || '_' || row_number() OVER (ORDER BY id), 'delete', provider_id, id, amount,
    currency_code, 0, now() FROM gone WHERE provider_id <> $3)"""
_DROP = f"WITH {_GONE.format(but='')} SELECT"
_SHOW = f"""WITH {{also}}shown AS (
  UPDATE payment_session s SET deleted_at = NULL, data = $5, status = $6
  FROM payment_collection c
  WHERE s.id = $4 AND c.id = s.payment_collection_id
    AND (c.amount, c.currency_code) = (s.amount, s.currency_code) RETURNING s.id),
{_GONE.format(but="AND s.id <> $4 AND EXISTS (SELECT FROM shown)")}
SELECT EXISTS (SELECT FROM shown)"""
_SHOW_LATER = _SHOW.format(also="")
_SHOW_AT_ONCE = _SHOW.format(also=f"asked AS ({_ANSWERED.format(7, 8, 9, 4, 10, 11, 12)}),\n")
_DELETION = """INSERT INTO payment_request
  (id, kind, provider_id, payment_session_id, amount, currency_code, attempts)
SELECT $1, 'delete', $2, $3, $4, $5, 0
WHERE $2 <> $6 AND NOT EXISTS (SELECT FROM payment_request r WHERE r.payment_session_id = $3
  AND r.kind = 'delete' AND r.state IN ('requested', 'unknown'))"""


async def open_session(
    tx: Transaction,
    collection_id: str,
    provider_id: str,
    data: Json,
    context: Json,
    holder: Holder | None,
) -> ProviderRequest:
    """Insert a session, invisible until the provider knows it; returns the request to create it
    there, which the caller records. Locks the collection.
    """
    session_id = new_id("payses")
    row = await tx.fetchrow(_OPEN, collection_id, session_id, provider_id, data, context)
    assert row is not None
    if not row["is_enabled"]:
        raise InvalidData(f"Payment provider {provider_id} is not enabled")
    if row["amount"] is None:
        raise NotFound(f"PaymentCollection id not found: {collection_id}")
    key = new_key()
    charge = Charge(key, session_id, row["amount"], row["currency_code"], data, holder)
    return ProviderRequest(key, Kind.INITIATE, provider_id, charge)


async def show_session(
    tx: Transaction, collection_id: str, request: ProviderRequest, outcome: Outcome
) -> bool:
    """Make a session visible in place of the others that are not authorized; False, and nothing is
    done, if the collection's amount has changed meanwhile. Records the request if it was not.
    """
    charge, data, status = request.charge, dict(outcome.data), outcome.status.value
    others = (collection_id, new_key(), SystemPaymentProvider.id)
    shown = (*others, charge.session_id, data, status)
    if request.is_written:
        return await tx.fetchval(_SHOW_LATER, *shown)
    return await tx.fetchval(
        _SHOW_AT_ONCE,
        *shown,
        request.id,
        request.kind.value,
        request.provider_id,
        charge.amount,
        charge.currency_code,
        request.created_by or acting.get(),
    )


async def drop_sessions(tx: Transaction, collection_id: str) -> None:
    """Delete the sessions of a collection that are not authorized."""
    await tx.execute(_DROP, collection_id, new_key(), SystemPaymentProvider.id)


async def write_deletion(tx: Transaction, session: Session) -> None:
    """Record that the provider is to delete a session; a job sends it."""
    await tx.execute(
        _DELETION,
        new_key(),
        session.provider_id,
        session.id,
        session.amount,
        session.currency_code,
        SystemPaymentProvider.id,
    )


async def store_data(tx: Transaction, session_id: str, data: Json) -> None:
    """Store data that the provider wants back the next time."""
    await tx.execute("UPDATE payment_session SET data = $2 WHERE id = $1", session_id, data)
