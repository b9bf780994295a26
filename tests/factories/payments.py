"""Payment collections and payments without a cart, in the state that carts and orders leave."""

from dataclasses import dataclass
from decimal import Decimal

from merx.core.database import Database, Transaction
from merx.modules.order.create import create_order
from merx.modules.order.new import NewLine, NewOrder
from merx.modules.payment.payments import begin_cancel, settle_movements
from merx.modules.payment.till import Listener, Till
from merx.providers.payment import PaymentProvider, SystemPaymentProvider
from merx.workflows.selling.payment_collections import order_collection
from merx.workflows.selling.payment_sessions import authorize_session, create_session

SYSTEM = "pp_system_default"


def till_of(
    database: Database, *providers: PaymentProvider, listeners: tuple[Listener, ...] = ()
) -> Till:
    """A till with the system provider and others."""
    known = (SystemPaymentProvider(), *providers)
    return Till(database, {provider.id: provider for provider in known}, listeners)


@dataclass(frozen=True)
class Owed:
    """An order and its payment collection."""

    order_id: str
    collection_id: str


async def make_order(tx: Transaction, currency: str = "eur", total: str = "30") -> str:
    """An order of one shirt at that price; its id."""
    shirt = NewLine("Shirt", Decimal(1), Decimal(total), requires_shipping=False)
    made = await create_order(tx, NewOrder(currency, lines=[shirt]))
    return made.order_id


async def make_owed(tx: Transaction, amount: str = "30", currency: str = "eur") -> Owed:
    """An order with an amount due."""
    order_id = await make_order(tx, currency, amount)
    collection_id = await order_collection(
        tx, order_id, currency_code=currency, amount=Decimal(amount)
    )
    return Owed(order_id, collection_id)


async def make_payment(
    till: Till, tx: Transaction, amount: str = "30", currency: str = "eur"
) -> str:
    """A payment that the system provider has authorized."""
    owed = await make_owed(tx, amount, currency)
    session_id = await create_session(till, owed.collection_id, SYSTEM)
    authorized = await authorize_session(till, session_id)
    assert authorized.payment_id is not None
    return authorized.payment_id


async def cancel_payment(till: Till, payment_id: str) -> None:
    """Cancel a payment, as the cancellation of its order does."""
    async with till.write() as tx:
        requests = await begin_cancel(tx, payment_id=payment_id)
    await settle_movements(till, requests)


async def make_provider_row(tx: Transaction, provider_id: str) -> None:
    """A provider that can be chosen."""
    await tx.execute(
        "INSERT INTO payment_provider (id) VALUES ($1) ON CONFLICT DO NOTHING", provider_id
    )
