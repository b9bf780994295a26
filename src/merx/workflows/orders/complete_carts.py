"""Turns a cart into an order, exactly once.

1. Under the cart's lock: check everything, record the completion and the request to the payment
   provider, and commit.
2. Send the request, holding no locks.
3. In one transaction, under the cart's lock: write the order, reserve its stock, count its
   promotions, book the payment. If stock or a promotion is gone, the authorization is released and
   the response says why.

Without an external provider, all of this is one transaction. A repeated call finds the order, or
sends the provider the same request with the same key. `reconcile_carts` finishes what a crash left
between the steps, and so does a webhook that arrives first.
"""

from dataclasses import dataclass
from functools import partial

from merx.batch import Insert, Raw
from merx.core.database import Transaction, done_again
from merx.core.errors import Conflict, MerxError, NotAllowed
from merx.core.hooks import Change, run_hooks
from merx.core.ids import new_id
from merx.modules.cart.models import OrderCart
from merx.modules.order.create import create_order
from merx.modules.order.hooks import ORDERS
from merx.modules.payment.models import OrderPaymentCollection
from merx.modules.payment.payments import settle_movements
from merx.modules.payment.requests import Answer, ProviderRequest
from merx.modules.payment.sessions import Session, lock_session
from merx.modules.payment.till import Till
from merx.providers.payment import SessionStatus
from merx.workflows.orders.cart_checks import check_goods, check_payment
from merx.workflows.orders.cart_orders import Copied, lock_to_place, order_of
from merx.workflows.orders.cart_stock import reserve_lines
from merx.workflows.orders.confirmations import confirm_order
from merx.workflows.selling.carts.draft import Draft
from merx.workflows.selling.carts.load import UNKNOWN_TO_READERS
from merx.workflows.selling.carts.uses import use_cart_promotions
from merx.workflows.selling.payment_sessions import (
    Authorization,
    begin_authorization,
    begin_release,
    finish_authorization,
)

_START = """INSERT INTO cart_completion (cart_id, version, payment_session_id) VALUES ($1, $2, $3)
ON CONFLICT (cart_id) DO UPDATE SET state = 'started', version = $2, payment_session_id = $3,
  order_id = NULL, error = NULL, attempts = cart_completion.attempts + 1, asked_at = now()"""
_DONE = """INSERT INTO cart_completion (cart_id, version, payment_session_id, state, order_id)
VALUES ({0}, {1}, {2}, 'done', {3})
ON CONFLICT (cart_id) DO UPDATE SET state = 'done', order_id = {3}, error = NULL"""
_CLOSED = """UPDATE cart SET completed_at = now(), updated_at = now(), version = version + 1
WHERE id = {0}"""
_FAILED = "UPDATE cart_completion SET state = 'failed', error = $2 WHERE cart_id = $1"
_STATE = "SELECT state, version, error FROM cart_completion WHERE cart_id = $1"


@dataclass(frozen=True, slots=True)
class Completed:
    """The order, or why the payment was not authorized; the cart is then unchanged."""

    order_id: str | None
    status: SessionStatus = SessionStatus.AUTHORIZED
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Begun:
    """The start of a completion: its result, or the request to send to the provider.

    Without a request, the session is already authorized: by a webhook, or by a call that died.
    """

    ended: Completed | None = None
    session_id: str = ""
    request: ProviderRequest | None = None


async def complete_cart(till: Till, cart_id: str) -> Completed:
    """The order of the cart, created if there is none yet.

    Raises NotFound, InvalidData if the cart is incomplete, NotAllowed if stock or a promotion is
    gone.
    """
    begun = await done_again(lambda: _begin_cart(till, cart_id))
    if begun.ended is not None:
        return begun.ended
    answer = await till.ask(begun.request) if begun.request else None
    said = _Said(begun.session_id, begun.request, answer)
    return await done_again(lambda: _finish_cart(till, cart_id, said))


async def _begin_cart(till: Till, cart_id: str) -> _Begun:
    async with till.write() as tx:
        return await _begin(tx, till, cart_id)


async def _begin(tx: Transaction, till: Till, cart_id: str) -> _Begun:
    draft, copied = await lock_to_place(tx, cart_id, unknown=UNKNOWN_TO_READERS)
    if draft.order_id is not None:
        return _Begun(Completed(draft.order_id))
    session = await check_payment(tx, draft)
    await check_goods(tx, draft)
    if session is None:
        return _Begun(Completed(await _place(tx, draft, copied, None)))
    request = await begin_authorization(tx, till, session)
    if request is not None and till.provider(request.provider_id).is_local:
        said = _Said(session.id, request, await till.ask(request), session)
        return _Begun(await _settle(tx, till, draft, copied, said))
    await tx.execute(_START, cart_id, draft.version, session.id)
    return _Begun(session_id=session.id, request=request)


@dataclass(frozen=True, slots=True)
class _Said:
    """The provider's answer about a session; None if it had been authorized before.

    `held` is the session if it is already locked, in the transaction that stores this.
    """

    session_id: str
    request: ProviderRequest | None
    answer: Answer | None
    held: Session | None = None

    @property
    def is_promised(self) -> bool:
        """Whether the money is authorized."""
        if self.answer is None:
            return True
        outcome = self.answer.outcome
        paid = (SessionStatus.AUTHORIZED, SessionStatus.CAPTURED)
        return outcome is not None and outcome.status in paid

    async def write(self, tx: Transaction, till: Till) -> Authorization:
        """Store the answer, unless another process already has."""
        if self.request is not None and self.answer is not None:
            return await finish_authorization(tx, till, self.request, self.answer, held=self.held)
        session = await lock_session(tx, self.session_id)
        return Authorization(session.payment_id, SessionStatus.AUTHORIZED)


async def _settle(
    tx: Transaction, till: Till, draft: Draft, copied: Copied, said: _Said
) -> Completed:
    """Everything in one transaction, as no external provider was asked.

    The order is written first, so that listeners to the payment can read it.
    """
    if not said.is_promised:
        written = await said.write(tx, till)
        return Completed(None, written.status, written.error)
    order_id = await _place(tx, draft, copied, said.session_id)
    await said.write(tx, till)
    return Completed(order_id)


async def _finish_cart(till: Till, cart_id: str, said: _Said) -> Completed:
    """Write the order after the provider's answer; release the money if that is not possible."""
    async with till.write() as tx:
        draft, copied = await lock_to_place(tx, cart_id)
        if draft.order_id is not None:
            await said.write(tx, till)
            return Completed(draft.order_id)
        state = await tx.fetchrow(_STATE, cart_id)
        assert state is not None
        if state["state"] == "failed":
            # Another call got the same answer first, and has released the money.
            raise NotAllowed(state["error"])
        if not said.is_promised:
            return await _give_up(tx, cart_id, await said.write(tx, till))
        try:
            # In a savepoint: the authorization is stored even if the order cannot be written.
            async with tx.transaction():
                await _check_again(tx, draft, state["version"])
                return await _settle(tx, till, draft, copied, said)
        except MerxError as error:
            refusal = error
            releases = await _release(tx, till, cart_id, said, error.message)
    await settle_movements(till, releases)
    raise refusal


async def _check_again(tx: Transaction, draft: Draft, version: int) -> None:
    """Check what may have changed while the provider was asked."""
    if draft.version != version:
        raise Conflict(f"Cart {draft.id} has changed while it was being paid; try again")
    await check_goods(tx, draft)


async def _release(
    tx: Transaction, till: Till, cart_id: str, said: _Said, why: str
) -> list[ProviderRequest]:
    written = await said.write(tx, till)
    await tx.execute(_FAILED, cart_id, why)
    return [] if written.payment_id is None else await begin_release(tx, written.payment_id)


async def _give_up(tx: Transaction, cart_id: str, written: Authorization) -> Completed:
    """The provider refused, requires an action of the buyer, or has not answered."""
    if written.status is not SessionStatus.PENDING:
        await tx.execute(_FAILED, cart_id, written.error)
    return Completed(None, written.status, written.error)


async def _place(tx: Transaction, draft: Draft, copied: Copied, session_id: str | None) -> str:
    """Write the order with its reservations and promotion uses; returns its id."""
    placed = {"cart_id": draft.id}
    await run_hooks(tx, ORDERS.creating, [Change(values=placed)])
    order = await order_of(tx, draft, copied)
    made = await create_order(tx, order, partial(_beside, draft, session_id))
    await use_cart_promotions(tx, made.order_id, draft)
    await reserve_lines(tx, draft, made.line_ids)
    await confirm_order(tx, order, made, draft.digits)
    await run_hooks(tx, ORDERS.created, [Change(made.order_id, values=placed)])
    return made.order_id


def _beside(draft: Draft, session_id: str | None, order_id: str) -> list[Insert | Raw]:
    """What is written with the order: its links to the cart and to the cart's payment collection,
    and that the cart is completed.
    """
    cart = {"cart_id": draft.id, "order_id": order_id, "id": new_id("ordercart")}
    owed = {
        "order_id": order_id,
        "payment_collection_id": draft.collection_id,
        "id": new_id("ordpay"),
    }
    return [
        Insert(OrderCart.__table__, [cart]),
        Insert(OrderPaymentCollection.__table__, [owed] if draft.has_collection else []),
        Raw(_DONE, [draft.id, draft.version, session_id, order_id]),
        Raw(_CLOSED, [draft.id]),
    ]
