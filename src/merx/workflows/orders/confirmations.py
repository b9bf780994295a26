"""Mails about orders, shipments and refunds, queued in the transaction of the change."""

from decimal import Decimal

from merx.core.database import Transaction
from merx.modules.notification.letters import ORDER_PLACED, ORDER_REFUNDED, ORDER_SHIPPED
from merx.modules.notification.mails import request_mail
from merx.modules.order.load import Head
from merx.modules.order.new import NewOrder, OrderRows
from merx.modules.payment.amounts import rounded

_SENT = """SELECT title, quantity FROM fulfillment_item
WHERE fulfillment_id = $1 AND deleted_at IS NULL ORDER BY id"""
_TRACKING = """SELECT tracking_url FROM fulfillment_label
WHERE fulfillment_id = $1 AND deleted_at IS NULL AND tracking_url LIKE 'http%' ORDER BY id"""


async def confirm_order(tx: Transaction, order: NewOrder, made: OrderRows, digits: int) -> None:
    """Queue the order confirmation; without an e-mail address, nothing. `digits` are those of the
    order's currency.
    """
    if not order.email:
        return
    total = rounded(made.figures.whole.total, digits)
    data = {
        "order_id": made.order_id,
        "display_id": made.display_id,
        "currency_code": order.currency_code,
        "total": str(total),
        "items": [[line.title, f"{line.quantity.normalize():f}"] for line in order.lines],
    }
    await request_mail(tx, order.email, ORDER_PLACED, data)


async def tell_of_shipment(tx: Transaction, head: Head, fulfillment_id: str) -> None:
    """Queue the mail about a shipment and its tracking numbers."""
    if not head.email or head.no_notification:
        return
    items = await tx.fetch(_SENT, fulfillment_id)
    tracking = await tx.fetch(_TRACKING, fulfillment_id)
    data = {
        "order_id": head.id,
        "display_id": head.display_id,
        "items": [[row["title"], f"{row['quantity'].normalize():f}"] for row in items],
        "tracking": [row["tracking_url"] for row in tracking],
    }
    await request_mail(tx, head.email, ORDER_SHIPPED, data)


async def tell_of_refund(tx: Transaction, head: Head, amount: Decimal) -> None:
    """Queue the mail about a refund."""
    if not head.email or head.no_notification:
        return
    data = {
        "order_id": head.id,
        "display_id": head.display_id,
        "currency_code": head.currency_code,
        "amount": f"{amount:f}",
    }
    await request_mail(tx, head.email, ORDER_REFUNDED, data)
