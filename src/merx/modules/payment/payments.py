"""Captures, refunds and cancellations of payments.

Each is recorded, sent to the provider without holding a lock, and booked with the answer. Whoever
receives the answer (the caller, a webhook, the reconciler) calls `finish_movement`, which books it
once. A workflow with its own transaction calls `begin_…` in it, and `settle_movements` after the
commit.
"""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial

from merx.core.acting import acting
from merx.core.database import Transaction
from merx.modules.payment import bookings
from merx.modules.payment.bookings import Account, find_account, lock_account
from merx.modules.payment.collections import refresh_collection
from merx.modules.payment.requests import (
    Answer,
    Kind,
    ProviderRequest,
    State,
    close_request,
    new_key,
    write_request,
)
from merx.modules.payment.till import Moved, Movement, Till
from merx.outbox import emit
from merx.providers.payment import Charge

_UNKNOWN = "Payment id not found: {id}"

_BOOKED = {
    Kind.CAPTURE: Moved.CAPTURED,
    Kind.REFUND: Moved.REFUNDED,
    Kind.CANCEL: Moved.CANCELED,
}


async def capture_payment(till: Till, payment_id: str, amount: Decimal | None = None) -> None:
    """Capture the amount, or all that is left; nothing happens if everything is captured.

    Raises NotFound, InvalidData if the amount exceeds what is left, NotAllowed if the provider
    refuses.
    """
    begin = partial(begin_capture, payment_id=payment_id, amount=amount)
    await till.settle(begin, partial(finish_movement, till=till))


async def refund_payment(
    till: Till,
    payment_id: str,
    amount: Decimal | None = None,
    *,
    refund_reason_id: str | None = None,
    note: str | None = None,
) -> None:
    """Refund the amount, or all captured money that is left.

    Raises the same errors as a capture.
    """
    begin = partial(
        begin_refund,
        payment_id=payment_id,
        amount=amount,
        refund_reason_id=refund_reason_id,
        note=note,
    )
    await till.settle(begin, partial(finish_movement, till=till))


async def settle_movements(till: Till, requests: Sequence[ProviderRequest]) -> None:
    """Send recorded and committed requests."""
    answers = [await till.ask(one) for one in requests]
    async with till.write() as tx:
        for one, answer in zip(requests, answers, strict=True):
            await finish_movement(tx, one, answer, till=till)
    for answer in answers:
        answer.check()


async def begin_capture(
    tx: Transaction, *, payment_id: str, amount: Decimal | None = None
) -> list[ProviderRequest]:
    """Record a capture; None if everything is captured."""
    account = await lock_account(tx, payment_id, "Payment with id: {id} was not found")
    held = await bookings.hold_capture(tx, account, amount)
    return [await _write(tx, Kind.CAPTURE, account, held)] if held else []


async def begin_refund(
    tx: Transaction,
    *,
    payment_id: str,
    amount: Decimal | None = None,
    refund_reason_id: str | None = None,
    note: str | None = None,
) -> list[ProviderRequest]:
    """Record a refund."""
    account = await lock_account(tx, payment_id, _UNKNOWN)
    if refund_reason_id is not None:
        await bookings.check_reason(tx, refund_reason_id)
    held = await bookings.hold_refund(tx, account, amount)
    return [await _write(tx, Kind.REFUND, account, held, refund_reason_id, note)]


async def begin_cancel(tx: Transaction, *, payment_id: str) -> list[ProviderRequest]:
    """Record a cancellation; None if the payment is already canceled."""
    account = await lock_account(tx, payment_id, _UNKNOWN)
    if account.is_canceled:
        return []
    await bookings.hold_cancel(tx, account)
    return [await _write(tx, Kind.CANCEL, account, account.amount)]


async def finish_movement(
    tx: Transaction, request: ProviderRequest, answer: Answer, *, till: Till
) -> None:
    """Book an answer; if several received an answer to the same request, the first one does."""
    assert request.payment_id is not None
    account = await find_account(tx, request.payment_id)
    if account is None or not await close_request(tx, request, answer):
        return
    if answer.state is State.FAILED:
        await bookings.release(tx, request)
    if answer.outcome is None:
        return
    row_id = await _BOOK[request.kind](tx, request, dict(answer.outcome.data) or None)
    await refresh_collection(tx, account.payment_collection_id)
    moved = _BOOKED[request.kind]
    await emit(tx, EVENTS[moved], [account.id])
    await till.tell(
        tx,
        Movement(
            moved,
            row_id,
            account.id,
            account.payment_collection_id,
            request.charge.amount,
            account.currency_code,
            request.refund_reason_id,
            request.note,
            request.created_by,
        ),
    )


EVENTS = {
    Moved.CAPTURED: "payment.captured",
    Moved.REFUNDED: "payment.refunded",
    Moved.CANCELED: "payment.canceled",
}
_BOOK: dict[Kind, Callable[..., Awaitable[str]]] = {
    Kind.CAPTURE: bookings.book_capture,
    Kind.REFUND: bookings.book_refund,
    Kind.CANCEL: bookings.book_cancel,
}


async def _write(
    tx: Transaction,
    kind: Kind,
    account: Account,
    amount: Decimal,
    refund_reason_id: str | None = None,
    note: str | None = None,
) -> ProviderRequest:
    key = new_key()
    charge = Charge(key, account.payment_session_id, amount, account.currency_code, account.data)
    request = ProviderRequest(
        key, kind, account.provider_id, charge, account.id, refund_reason_id, note, acting.get()
    )
    await write_request(tx, request)
    return request
