"""Tell the buyer what was bought: a mail of the order's own transaction."""

from merx.core.database import Transaction
from merx.modules.notification.letters import ORDER_PLACED
from merx.modules.notification.mails import request_mail
from merx.modules.order.new import NewOrder, OrderRows
from merx.modules.payment.amounts import payable

_NUMBER = 'SELECT display_id FROM "order" WHERE id = $1'


async def confirm_order(tx: Transaction, order: NewOrder, made: OrderRows) -> None:
    """Have the confirmation sent once the order is committed; nobody to write to, no mail."""
    if not order.email:
        return
    total = await payable(tx, made.figures.whole.total, order.currency_code)
    data = {
        "order_id": made.order_id,
        "display_id": await tx.fetchval(_NUMBER, made.order_id),
        "currency_code": order.currency_code,
        "total": str(total),
        "items": [[line.title, str(line.quantity.normalize())] for line in order.lines],
    }
    await request_mail(tx, order.email, ORDER_PLACED, data)
