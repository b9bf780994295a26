"""Books payments on orders: captures and refunds are recorded with the order's current version."""

from decimal import Decimal

from merx.core.database import Transaction
from merx.modules.order.change import Action, Kind
from merx.modules.order.change_rows import open_change
from merx.modules.order.changes import change_order, make_beneath
from merx.modules.order.load import load_order, lock_order
from merx.modules.order.save import record_payment
from merx.modules.payment.till import Moved, Movement
from merx.workflows.orders.confirmations import tell_of_refund

_ORDER = """SELECT l.order_id FROM order_payment_collection l
WHERE l.payment_collection_id = $1"""
_REASON = "SELECT label, code FROM refund_reason WHERE id = $1"
_DIGITS = "SELECT decimal_digits FROM currency WHERE code = $1"


async def book_on_order(tx: Transaction, movement: Movement) -> None:
    """A listener of the till: record a capture or a refund on the payment's order.

    A refund beyond what the shop owes the buyer lowers the order by a credit line, with the
    refund's reason, so that the refunded amount does not become due again.
    """
    if movement.what is Moved.CANCELED:
        return
    order_id = await tx.fetchval(_ORDER, movement.payment_collection_id)
    if order_id is None:
        return
    await lock_order(tx, order_id)
    is_refund = movement.what is Moved.REFUNDED
    pending = await record_payment(
        tx,
        order_id,
        -movement.amount if is_refund else movement.amount,
        reference=movement.what.value,
        reference_id=movement.row_id,
    )
    if is_refund:
        await _credit(tx, order_id, movement, pending)


async def _credit(tx: Transaction, order_id: str, movement: Movement, pending: Decimal) -> None:
    loaded = await load_order(tx, order_id)
    await tell_of_refund(tx, loaded.head, movement.amount)
    amount = min(movement.amount, pending)
    if amount <= await _smallest(tx, movement.currency_code) / 2:
        return
    named = movement.refund_reason_id
    reason = await tx.fetchrow(_REASON, named) if named else None
    action = Action(
        Kind.CREDIT_LINE_ADD,
        amount=amount,
        reference=reason["label"] if reason else "payment_collection",
        reference_id=reason["code"] if reason else movement.payment_collection_id,
    )
    if await open_change(tx, order_id) is None:
        await change_order(tx, loaded, [action], "credit_line")
    else:
        await make_beneath(tx, loaded, [action], "credit_line")


async def _smallest(tx: Transaction, currency_code: str) -> Decimal:
    """The smallest amount of the currency; a difference below half of it is rounding."""
    digits: int | None = await tx.fetchval(_DIGITS, currency_code)
    return Decimal(1).scaleb(-(digits or 0))
