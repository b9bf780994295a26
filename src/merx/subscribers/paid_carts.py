"""Completes the cart of a payment that a provider's webhook, or a crash, left without an order."""

from merx.core.database import Database
from merx.modules.payment.till import Listener, Providers, Till
from merx.outbox import Event, Subscriber
from merx.workflows.orders.reconcile_carts import complete_paid_carts


def paid_carts(providers: Providers, listeners: tuple[Listener, ...] = ()) -> Subscriber:
    """The subscriber; a payment whose cart is an order already is none of its business."""

    async def complete(event: Event, database: Database) -> None:
        await complete_paid_carts(Till(database, providers, listeners), event.ids)

    return Subscriber("paid_carts", ("payment.authorized",), complete, can_wait=True)
