"""Changes of an order's own fields and status: completed, archived, canceled."""

from typing import Any

from merx.batch import insert_rows, patch_row
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.hooks import Change as Changed
from merx.core.hooks import run_hooks
from merx.core.ids import new_id
from merx.modules.order.change import Action, Kind
from merx.modules.order.change_rows import close_change, insert_actions, insert_change
from merx.modules.order.changes import change_order
from merx.modules.order.hooks import ORDERS
from merx.modules.order.load import Head, load_order, lock_order
from merx.modules.order.models import Order, OrderAddress
from merx.modules.order.order_schemas import AddCreditLine, AddressInput, UpdateOrder
from merx.modules.payment.payments import settle_movements
from merx.modules.payment.requests import ProviderRequest
from merx.modules.payment.till import Till
from merx.outbox import emit
from merx.workflows.orders.stock import release_stock
from merx.workflows.selling.payment_collections import begin_cancel_order_payments
from merx.workflows.selling.promotion_uses import release_promotions

_ORDERS = Order.__table__
_ADDRESSES = OrderAddress.__table__
_UNKNOWN = "Order id not found: {id}"
_NOT_FOUND = 'Order with id "{id}" not found'

Json = dict[str, Any]
_OPEN_FULFILLMENTS = """SELECT true FROM order_fulfillment l JOIN fulfillment f
  ON f.id = l.fulfillment_id WHERE l.order_id = $1 AND f.canceled_at IS NULL
  AND f.deleted_at IS NULL LIMIT 1"""
_PRESENT = """SELECT o.email, o.locale, o.metadata,
  (SELECT to_jsonb(a) FROM order_address a WHERE a.id = o.shipping_address_id) AS shipping_address,
  (SELECT to_jsonb(a) FROM order_address a WHERE a.id = o.billing_address_id) AS billing_address
FROM "order" o WHERE o.id = $1"""
_END_CHANGES = """UPDATE order_change SET status = 'canceled', canceled_at = now(),
  updated_at = now()
WHERE order_id = $1 AND status IN ('pending', 'requested') AND deleted_at IS NULL"""


async def take_turn(tx: Transaction, order_id: str, missing: str = _UNKNOWN) -> Head:
    """Lock the order; NotFound with the given message if there is none."""
    try:
        await lock_order(tx, order_id)
    except NotFound as error:
        raise NotFound(missing.format(id=order_id)) from error
    return (await load_order(tx, order_id)).head


async def update_order(tx: Transaction, order_id: str, body: UpdateOrder) -> None:
    """Change an order's e-mail, addresses, locale and metadata; each is recorded as a change."""
    head = await take_turn(tx, order_id)
    await run_hooks(tx, ORDERS.updating, [Changed(order_id, body)])
    present = await tx.fetchrow(_PRESENT, order_id)
    assert present is not None
    columns: Json = {}
    told: list[Action] = []
    for kind in ("shipping", "billing"):
        address: AddressInput | None = getattr(body, f"{kind}_address")
        if address is not None:
            old: Json | None = present[f"{kind}_address"]
            new = await _write_address(tx, old, address)
            columns[f"{kind}_address_id"] = new["id"]
            told.append(_told(f"{kind}_address", old, new))
    for name in ("metadata", "email", "locale"):
        if name in body.model_fields_set:
            columns[name] = getattr(body, name)
            told.append(_told(name, present[name], columns[name]))
    if columns:
        await patch_row(tx, _ORDERS, order_id, columns)
    for action in told:
        change = await insert_change(tx, head.id, head.version, "update_order", status="confirmed")
        await insert_actions(tx, change, [action], applied=True)
        await close_change(tx, change, "confirmed")
    await emit(tx, "order.updated", [order_id])
    await run_hooks(tx, ORDERS.updated, [Changed(order_id, body)])


async def complete_order(tx: Transaction, order_id: str) -> None:
    """Mark an order as completed; repeating it changes nothing."""
    head = await take_turn(tx, order_id, _NOT_FOUND)
    if head.status == "canceled":
        raise InvalidData(f"Orders {order_id} are canceled and cannot be completed")
    await run_hooks(tx, ORDERS.updating, [Changed(order_id)])
    await _set_status(tx, order_id, "completed")
    await emit(tx, "order.completed", [order_id])
    await run_hooks(tx, ORDERS.updated, [Changed(order_id)])


async def archive_order(tx: Transaction, order_id: str) -> None:
    """Archive an order that is completed or canceled."""
    head = await take_turn(tx, order_id, _NOT_FOUND)
    if head.status not in ("completed", "canceled"):
        raise InvalidData(
            f"Orders {order_id} are completed, canceled, or in draft and cannot be archived"
        )
    await run_hooks(tx, ORDERS.updating, [Changed(order_id)])
    await _set_status(tx, order_id, "archived")
    await emit(tx, "order.archived", [order_id])
    await run_hooks(tx, ORDERS.updated, [Changed(order_id)])


async def cancel_order(till: Till, order_id: str) -> None:
    """Cancel an order: release its stock and promotion uses, refund captures, cancel other
    payments.

    Everything is written in one transaction; the payment providers are asked afterwards.
    """
    async with till.write() as tx:
        requests = await _cancel(tx, order_id)
    await settle_movements(till, requests)


async def _cancel(tx: Transaction, order_id: str) -> list[ProviderRequest]:
    # Payments are locked before the order, as when they are booked.
    await load_order_or_fail(tx, order_id)
    requests = await begin_cancel_order_payments(tx, order_id)
    head = await take_turn(tx, order_id)
    if head.status == "canceled":
        raise InvalidData(f"Order with id {order_id} has been canceled.")
    if await tx.fetchval(_OPEN_FULFILLMENTS, order_id):
        raise NotAllowed("All fulfillments must be canceled before canceling an order")
    await run_hooks(tx, ORDERS.updating, [Changed(order_id)])
    loaded = await load_order(tx, order_id)
    await release_stock(tx, list(loaded.state.lines))
    await release_promotions(tx, [order_id])
    await tx.execute(_END_CHANGES, order_id)
    await tx.execute(
        "UPDATE \"order\" SET status = 'canceled', canceled_at = now(), updated_at = now()"
        " WHERE id = $1",
        order_id,
    )
    await emit(tx, "order.canceled", [order_id])
    await run_hooks(tx, ORDERS.updated, [Changed(order_id)])
    return requests


async def load_order_or_fail(tx: Transaction, order_id: str) -> None:
    """The order; NotFound with the usual message."""
    if not await tx.fetchval('SELECT true FROM "order" WHERE id = $1', order_id):
        raise NotFound(_UNKNOWN.format(id=order_id))


async def add_credit_line(tx: Transaction, order_id: str, body: AddCreditLine) -> None:
    """Lower an order by a credit line, or raise it (negative), up to the amount due or owed."""
    await take_turn(tx, order_id)
    loaded = await load_order(tx, order_id)
    pending = await tx.fetchval(
        "SELECT pending_difference FROM order_summary WHERE order_id = $1 AND version = $2",
        order_id,
        loaded.head.version,
    )
    if pending == 0:
        raise InvalidData(
            "Can only create credit lines if the order has a positive or negative pending"
            " difference"
        )
    if body.amount * pending < 0:
        word = "positive" if pending > 0 else "negative"
        raise InvalidData(
            f"Can only create {word} credit lines if the order has a {word} pending difference"
        )
    for sign, word in ((1, "positive"), (-1, "negative")):
        if body.amount * sign > pending * sign > 0:
            raise InvalidData(
                f"Cannot create more {word} credit lines with amount more than the pending"
                " difference"
            )
    details = {"metadata": body.metadata} if body.metadata else {}
    action = Action(
        Kind.CREDIT_LINE_ADD,
        amount=body.amount,
        reference=body.reference,
        reference_id=body.reference_id,
        details=details,
    )
    await change_order(tx, loaded, [action], "credit_line")


async def _write_address(tx: Transaction, old: Json | None, address: AddressInput) -> Json:
    """Insert a new row with the changed address; the old one is kept for the history.

    The country decides taxes, so it cannot change.
    """
    held = old or {}
    given = address.model_dump(exclude_unset=True)
    country = given.get("country_code")
    if old is not None and country and country.lower() != held.get("country_code"):
        raise InvalidData("Country code cannot be changed")
    kept = {name: held.get(name) for name in AddressInput.model_fields}
    row: Json = {"id": new_id("ordaddr"), **kept, **given}
    await insert_rows(tx, _ADDRESSES, [row])
    return row


def _told(name: str, old: object, new: object) -> Action:
    details = {"type": name, "old": old, "new": new}
    return Action(Kind.UPDATE_ORDER_PROPERTIES, details=details)


async def _set_status(tx: Transaction, order_id: str, status: str) -> None:
    await tx.execute(
        'UPDATE "order" SET status = $2, updated_at = now() WHERE id = $1', order_id, status
    )
