"""Transfers an order to another customer: one requests it, the holder of the order's token accepts.

The token is mailed to the order's e-mail address, so only whoever placed the order can accept.
"""

import secrets
from dataclasses import dataclass

from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.core.schema import same_email
from merx.modules.order.actions import NO_CHANGE
from merx.modules.order.change import Action, Kind
from merx.modules.order.change_rows import close_change, insert_actions
from merx.modules.order.changes import (
    Opened,
    begin_change,
    cancel_change,
    confirm_change,
    open_for,
)
from merx.outbox import emit
from merx.workflows.orders.orders import take_turn

_NO_REQUEST = "Order {order_id} does not have an order transfer request."
_CUSTOMER = "SELECT id, email, has_account FROM customer WHERE id = $1 AND deleted_at IS NULL"
_GUEST = f"""SELECT id FROM customer
WHERE {same_email("$1")} AND NOT has_account AND deleted_at IS NULL"""
_HAND_OVER = """UPDATE "order" SET customer_id = $2, email = coalesce($3, email),
  updated_at = now() WHERE id = $1"""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Who is to get an order, and the note about it."""

    customer_id: str
    description: str | None = None
    internal_note: str | None = None
    update_email: bool = False


async def request_transfer(tx: Transaction, order_id: str, wanted: Transfer) -> None:
    """Request the transfer of an order to a customer with an account."""
    head = await take_turn(tx, order_id)
    customer = await tx.fetchrow(_CUSTOMER, wanted.customer_id)
    if customer is None:
        raise NotFound(f"Customer id not found: {wanted.customer_id}")
    if not customer["has_account"]:
        raise InvalidData(
            f"Cannot transfer order: {order_id} to a guest customer account: {customer['email']}"
        )
    if customer["id"] == head.customer_id:
        raise InvalidData(f"Order: {order_id} already belongs to customer: {customer['id']}")
    change, _ = await begin_change(
        tx,
        order_id,
        "transfer",
        description=wanted.description,
        internal_note=wanted.internal_note,
    )
    details: dict[str, str | None] = {"token": secrets.token_urlsafe(24)}
    if wanted.update_email:
        details["new_email"] = customer["email"]
    details["original_email"] = head.email
    action = Action(
        Kind.TRANSFER_CUSTOMER, reference="customer", reference_id=customer["id"], details=details
    )
    await insert_actions(tx, change, [action])
    await close_change(tx, change, "requested", requested_by=acting.get())
    await emit(tx, "order.transfer_requested", [order_id])


async def accept_transfer(tx: Transaction, order_id: str, token: str) -> None:
    """Transfer the order; NotAllowed without its token."""
    opened = await _requested(tx, order_id)
    action = _checked(opened, token)
    await confirm_change(tx, opened, confirmed_by=None)
    email = action.details.get("new_email")
    await tx.execute(_HAND_OVER, order_id, action.reference_id, email)


async def decline_transfer(tx: Transaction, order_id: str, token: str) -> None:
    """Decline the transfer; NotAllowed without its token."""
    opened = await _requested(tx, order_id, missing=NO_CHANGE)
    _checked(opened, token)
    await close_change(tx, opened.change, "declined", declined_by=None)


async def cancel_transfer(
    tx: Transaction, order_id: str, *, customer_id: str | None = None
) -> None:
    """Cancel a request; a customer can cancel only its own. It is no longer shown."""
    await take_turn(tx, order_id)
    opened = await open_for(tx, order_id, missing=InvalidData(NO_CHANGE))
    if opened.change.change_type != "transfer":
        raise InvalidData(f"Order {order_id} does not have an order transfer request.")
    if customer_id is not None and opened.actions[0].reference_id != customer_id:
        raise NotAllowed("This customer is not allowed to cancel the transfer.")
    await cancel_change(tx, opened)
    await tx.execute("UPDATE order_change SET deleted_at = now() WHERE id = $1", opened.change.id)


async def transfer_to_guest(tx: Transaction, order_id: str, email: str) -> None:
    """Transfer an order to a guest at once."""
    head = await take_turn(tx, order_id)
    change, loaded = await begin_change(tx, order_id, "transfer")
    customer_id = await tx.fetchval(_GUEST, email)
    if customer_id is None:
        customer_id = new_id("cus")
        await tx.execute("INSERT INTO customer (id, email) VALUES ($1, $2)", customer_id, email)
        await emit(tx, "customer.created", [customer_id])
    details = {"new_email": email, "original_email": head.email}
    action = Action(
        Kind.TRANSFER_CUSTOMER, reference="customer", reference_id=customer_id, details=details
    )
    await insert_actions(tx, change, [action])
    await confirm_change(tx, Opened(change, [action], loaded))
    await tx.execute(_HAND_OVER, order_id, customer_id, email)


async def _requested(tx: Transaction, order_id: str, *, missing: str = _NO_REQUEST) -> Opened:
    await take_turn(tx, order_id)
    refused = InvalidData(missing.format(order_id=order_id))
    opened = await open_for(tx, order_id, missing=refused)
    if opened.change.change_type != "transfer" or opened.change.status != "requested":
        raise refused
    return opened


def _checked(opened: Opened, token: str) -> Action:
    action = opened.actions[0]
    if not secrets.compare_digest(str(action.details.get("token", "")), token):
        raise NotAllowed("Invalid token.")
    return action
