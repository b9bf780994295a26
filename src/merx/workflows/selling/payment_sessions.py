"""Authorizes payment sessions: an authorized session becomes a payment.

A workflow that completes a cart calls `begin_authorization` in the transaction that records the
completion, `till.ask` after it, and `finish_authorization` in the transaction that writes the
order. If the order cannot be written, `begin_release` releases the authorization. Others call
`authorize_session`.
"""

from dataclasses import dataclass
from functools import partial

from merx.core.database import Transaction
from merx.core.errors import Conflict
from merx.core.shapes import Document, Json
from merx.modules.payment import bookings
from merx.modules.payment.bookings import lock_account
from merx.modules.payment.collections import lock_collection, refresh_collection
from merx.modules.payment.payments import begin_cancel, begin_refund
from merx.modules.payment.requests import (
    Answer,
    Kind,
    ProviderRequest,
    State,
    close_request,
    new_key,
)
from merx.modules.payment.sessions import (
    Session,
    authorize_at_once,
    insert_payment,
    lock_session,
    open_session,
    show_session,
    write_status,
)
from merx.modules.payment.till import Moved, Movement, Till
from merx.outbox import emit
from merx.providers.payment import SessionStatus
from merx.workflows.selling.account_holders import Buyer


@dataclass(frozen=True, slots=True)
class Authorization:
    """The result: a payment, or the reason why there is none.

    `error` is for the buyer. With the status `requires_more` the buyer must act first, such as
    confirm the card; with `pending` the provider has not answered, and the request is sent again
    later.
    """

    payment_id: str | None
    status: SessionStatus
    error: str = ""


async def create_session(
    till: Till,
    collection_id: str,
    provider_id: str,
    data: Document | None = None,
    *,
    buyer: Buyer | None = None,
) -> str:
    """Start to pay a collection with a provider; the session replaces any other.

    Raises NotFound, InvalidData for a provider that is not enabled, NotAllowed if it refuses, and
    Conflict if the amount due changes meanwhile.
    """
    made: list[str] = []

    async def begin(tx: Transaction) -> list[ProviderRequest]:
        request = await open_session(
            tx,
            collection_id,
            provider_id,
            dict(data or {}),
            buyer.context if buyer else {},
            buyer.holder if buyer else None,
        )
        request = await till.record(tx, request)
        made.append(request.charge.session_id)
        return [request]

    await till.settle(begin, partial(_finish_session, collection_id))
    return made[0]


async def _finish_session(
    collection_id: str, tx: Transaction, request: ProviderRequest, answer: Answer
) -> None:
    if request.is_written or answer.outcome is None:
        await lock_collection(tx, collection_id)
        if not await close_request(tx, request, answer) or answer.outcome is None:
            return
    if not await show_session(tx, collection_id, request, answer.outcome):
        raise Conflict("What is owed has changed meanwhile; try again")


async def authorize_session(till: Till, session_id: str) -> Authorization:
    """Ask the provider to authorize a session; returns its payment if it did."""
    async with till.write() as tx:
        session = await lock_session(tx, session_id)
        request = await begin_authorization(tx, till, session)
        if request is None or till.provider(request.provider_id).is_local:
            return await _conclude(tx, till, session, request)
    answer = await till.ask(request)
    async with till.write() as tx:
        return await finish_authorization(tx, till, request, answer)


async def _conclude(
    tx: Transaction, till: Till, session: Session, request: ProviderRequest | None
) -> Authorization:
    if request is not None:
        return await finish_authorization(tx, till, request, await till.ask(request), held=session)
    return Authorization(session.payment_id, SessionStatus.AUTHORIZED)


async def begin_authorization(
    tx: Transaction, till: Till, session: Session
) -> ProviderRequest | None:
    """Record the authorization of a locked session; None if it is already authorized.

    An open request is sent again with its own key.
    """
    if session.payment_id is not None:
        return None
    if session.request_id is not None:
        return session.request(Kind.AUTHORIZE, session.request_id)
    return await till.record(tx, session.request(Kind.AUTHORIZE, new_key()))


async def finish_authorization(
    tx: Transaction,
    till: Till,
    request: ProviderRequest,
    answer: Answer,
    *,
    held: Session | None = None,
) -> Authorization:
    """Store the provider's answer; a second caller finds what the first one stored.

    `held` is the session if this transaction has already locked it.
    """
    session = held or await lock_session(tx, request.charge.session_id)
    outcome = answer.outcome
    if not request.is_written and outcome and outcome.status is SessionStatus.AUTHORIZED:
        payment_id = await authorize_at_once(tx, session, request, dict(outcome.data))
        return Authorization(payment_id, SessionStatus.AUTHORIZED)
    if not await close_request(tx, request, answer):
        return Authorization(session.payment_id, session.status, "The payment was not authorized")
    if answer.state is State.FAILED:
        await write_status(tx, session.id, SessionStatus.ERROR, None)
        return Authorization(None, SessionStatus.ERROR, answer.error)
    if outcome is None:
        return Authorization(None, SessionStatus.PENDING, "The payment provider has not answered")
    data, status = dict(outcome.data), outcome.status
    if status not in (SessionStatus.AUTHORIZED, SessionStatus.CAPTURED):
        await write_status(tx, session.id, status, data)
        return Authorization(None, status, f"Session: {session.id} was not authorized")
    payment_id = await book_authorization(tx, till, session, data, status)
    return Authorization(payment_id, SessionStatus.AUTHORIZED)


async def book_authorization(
    tx: Transaction, till: Till, session: Session, data: Json, status: SessionStatus
) -> str:
    """Book the payment of a locked session that is authorized, and its capture if there is one."""
    payment_id = await insert_payment(tx, session, data)
    captured = status is SessionStatus.CAPTURED and session.amount > 0
    capture_id = await bookings.book_taken(tx, payment_id, session.amount) if captured else None
    await refresh_collection(tx, session.payment_collection_id)
    if capture_id is not None:
        await emit(tx, "payment.captured", [payment_id])
        collection_id = session.payment_collection_id
        await till.tell(
            tx,
            Movement(
                Moved.CAPTURED,
                capture_id,
                payment_id,
                collection_id,
                session.amount,
                session.currency_code,
            ),
        )
    return payment_id


async def begin_release(tx: Transaction, payment_id: str) -> list[ProviderRequest]:
    """Record the release of a payment without an order, to be sent with `settle_movements`.

    When the provider has confirmed it, payment and session are deleted and the amount can be paid
    again. None if a release is already open.
    """
    account = await lock_account(tx, payment_id, "Payment id not found: {id}")
    if account.captured + account.capturing == 0:
        return await begin_cancel(tx, payment_id=payment_id)
    return await begin_refund(tx, payment_id=payment_id) if account.to_refund > 0 else []
