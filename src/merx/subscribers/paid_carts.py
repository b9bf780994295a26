"""Completes carts that were paid but left without an order, after a webhook or a crash."""

from merx.core.database import Database
from merx.modules.payment.till import Listener, Providers, Till
from merx.outbox import Event, Subscriber
from merx.workflows.orders.reconcile_carts import complete_paid_carts


def paid_carts(providers: Providers, listeners: tuple[Listener, ...] = ()) -> Subscriber:
    """The subscriber; it ignores payments whose cart is already an order."""

    async def complete(event: Event, database: Database) -> None:
        await complete_paid_carts(Till(database, providers, listeners), event.ids)

    return Subscriber("paid_carts", ("payment.authorized",), complete, can_wait=True)
