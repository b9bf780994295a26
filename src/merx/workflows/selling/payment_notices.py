"""Webhooks of payment providers.

A notice may arrive before the answer to a request, after it, twice, or never. It books what is not
booked yet: an open request that it answers is closed by it, and the later answer finds nothing left
to do.
"""

from collections.abc import Mapping
from decimal import Decimal

from merx.core.database import Transaction
from merx.core.errors import Conflict, InvalidData, NotFound
from merx.core.shapes import Json
from merx.modules.payment import bookings
from merx.modules.payment.bookings import Account, find_account, lock_account
from merx.modules.payment.collections import refresh_collection
from merx.modules.payment.payments import EVENTS, finish_movement
from merx.modules.payment.requests import Answer, Kind, State, close_request, open_requests
from merx.modules.payment.sessions import Session, find_session, write_deletion, write_status
from merx.modules.payment.till import Moved, Movement, Till
from merx.outbox import emit
from merx.providers.payment import Action, Notice, NoticeRefused, Outcome, SessionStatus
from merx.workflows.selling.payment_sessions import book_authorization

_UNKNOWN = "Payment id not found: {id}"
_PAID = {
    Action.AUTHORIZED: SessionStatus.AUTHORIZED,
    Action.CAPTURED: SessionStatus.CAPTURED,
}
_UNPAID = {
    Action.FAILED: SessionStatus.ERROR,
    Action.CANCELED: SessionStatus.CANCELED,
    Action.REQUIRES_MORE: SessionStatus.REQUIRES_MORE,
}


async def receive_notice(
    till: Till, provider_id: str, body: bytes, headers: Mapping[str, str]
) -> Notice:
    """Handle a webhook call; NotFound without such a provider, InvalidData if the signature is
    wrong.
    """
    provider = till.providers.get(provider_id)
    if provider is None:
        raise NotFound(f"Payment provider {provider_id} was not found")
    try:
        notice = await provider.read_notice(body, headers)
    except NoticeRefused as error:
        raise InvalidData(f"The signature of the call is not valid: {error}") from error
    if notice.action in (*_PAID, *_UNPAID, Action.REFUNDED):
        async with till.write() as tx:
            await book_notice(tx, till, provider_id, notice)
    return notice


async def book_notice(tx: Transaction, till: Till, provider_id: str, notice: Notice) -> None:
    """Book a notice; one about a session that this shop does not have is ignored."""
    session = await find_session(tx, notice.session_id)
    if session is None or session.provider_id != provider_id:
        return
    data = dict(notice.data) if notice.data else None
    if notice.action in _PAID:
        await _book_paid(tx, till, session, notice, data)
    elif notice.action is Action.REFUNDED:
        # The capture of a session without a payment was refunded because it has none.
        if session.payment_id is not None:
            await _catch_up(tx, till, session.payment_id, notice)
            await _catch_up_refunds(tx, till, session.payment_id, notice)
    elif notice.action is Action.CANCELED and session.payment_id is not None:
        await _book_canceled(tx, till, session.payment_id, data)
    elif session.payment_id is None and session.status is not SessionStatus.CANCELED:
        await write_status(tx, session.id, _UNPAID[notice.action], data)


async def _book_paid(
    tx: Transaction, till: Till, session: Session, notice: Notice, data: Json | None
) -> None:
    if session.payment_id is not None:
        if notice.action is Action.CAPTURED:
            await _catch_up(tx, till, session.payment_id, notice)
        return
    if session.is_dropped:
        # Paid after the session was deleted, as by a buyer with two windows: refund it.
        await write_deletion(tx, session)
        return
    status = _PAID[notice.action]
    if session.request_id is not None:
        request = session.request(Kind.AUTHORIZE, session.request_id)
        await close_request(tx, request, Answer(State.DONE, Outcome(status, data or session.data)))
    await book_authorization(tx, till, session, data or session.data, status)


async def _catch_up(tx: Transaction, till: Till, payment_id: str, notice: Notice) -> None:
    """Book captures up to the amount of the notice, requested ones first."""
    account = await lock_account(tx, payment_id, _UNKNOWN)
    due = (account.amount if notice.amount is None else notice.amount) - account.captured
    due = await _answer_open(tx, till, account, Kind.CAPTURE, due, notice)
    account = await lock_account(tx, payment_id, _UNKNOWN)
    if 0 < due <= account.to_capture and not account.is_canceled:
        capture_id = await bookings.book_taken(tx, account.id, due)
        await _tell(tx, till, account, Moved.CAPTURED, capture_id, due)


async def _catch_up_refunds(tx: Transaction, till: Till, payment_id: str, notice: Notice) -> None:
    """Book refunds up to the amount of the notice.

    Raises Conflict, so that the provider sends it again later, if an open refund request of ours
    blocks a refund made at the provider.
    """
    account = await lock_account(tx, payment_id, _UNKNOWN)
    due = (account.captured if notice.refunded is None else notice.refunded) - account.refunded
    due = await _answer_open(tx, till, account, Kind.REFUND, due, notice)
    account = await lock_account(tx, payment_id, _UNKNOWN)
    if due <= 0:
        return
    if due > account.to_refund:
        raise Conflict(f"Refunds of the payment {account.id} are still in progress")
    refund_id = await bookings.book_given_back(tx, account.id, due)
    await _tell(tx, till, account, Moved.REFUNDED, refund_id, due)


async def _answer_open(
    tx: Transaction, till: Till, account: Account, kind: Kind, due: Decimal, notice: Notice
) -> Decimal:
    """Book the open request that a notice answers; returns the amount left to book."""
    outcome = Outcome(SessionStatus.CAPTURED, notice.data or {})
    for request in await open_requests(tx, account.id, kind):
        if request.charge.amount <= due:
            due -= request.charge.amount
            await finish_movement(tx, request, Answer(State.DONE, outcome), till=till)
    return due


async def _tell(
    tx: Transaction, till: Till, account: Account, what: Moved, row_id: str, amount: Decimal
) -> None:
    """Tell the listeners about money that moved at the provider, as by its dashboard."""
    await refresh_collection(tx, account.payment_collection_id)
    await emit(tx, EVENTS[what], [account.id])
    collection_id = account.payment_collection_id
    movement = Movement(what, row_id, account.id, collection_id, amount, account.currency_code)
    await till.tell(tx, movement)


async def _book_canceled(tx: Transaction, till: Till, payment_id: str, data: Json | None) -> None:
    outcome = Outcome(SessionStatus.CANCELED, data or {})
    for request in await open_requests(tx, payment_id, Kind.CANCEL):
        await finish_movement(tx, request, Answer(State.DONE, outcome), till=till)
    account = await find_account(tx, payment_id)
    if account and not account.is_canceled and account.captured + account.capturing == 0:
        await bookings.give_up(tx, account.id)
        await _tell(tx, till, account, Moved.CANCELED, payment_id, account.amount)
