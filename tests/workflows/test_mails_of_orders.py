"""Mails about shipments and refunds, in Merx's words or in a shop's own."""

from dataclasses import dataclass, field

import httpx

from merx.core.database import Database, Transaction
from merx.modules.notification.letters import Pages
from merx.providers.notification import Message
from merx.settings import Settings
from merx.workflows.people.mails import Postage, send_mail
from tests.factories.depots import fulfill, make_depot, post

PAGES = Pages("https://admin.test/app", "https://shop.test")
LABEL = {"tracking_number": "1", "tracking_url": "https://way.test/1", "label_url": ""}


@dataclass
class OwnWords:
    """A provider with templates of the shop's own."""

    id: str = "own"
    sent: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    messages: list[Message] = field(default_factory=list[Message])

    async def send(self, message: Message) -> None:
        self.messages.append(message)
        own = {
            "order.shipped": "Off goes {display_id}: {items}",
            "order.refunded": "{amount} {currency_code} are yours again",
        }
        self.sent.append((message.to, own[message.template].format(**message.data)))


async def deliver(
    tx: Transaction, database: Database, settings: Settings, provider: OwnWords
) -> list[Message]:
    for row in await tx.fetch("SELECT ids FROM event WHERE name = 'mail.requested' ORDER BY id"):
        for mail_id in row["ids"]:
            await send_mail(database, mail_id, Postage(provider, PAGES, settings.jwt_secret))
    return provider.messages


async def shipped(admin: httpx.AsyncClient, tx: Transaction, **more: object) -> str:
    """An order of which one unit is on its way; its number."""
    depot = await make_depot(tx)
    order = await depot.order(1)
    made = await fulfill(admin, depot, order)
    path = f"orders/{order.id}/fulfillments/{made['id']}/shipments"
    await post(admin, path, items=depot.units(order), labels=[LABEL], **more)
    return str(await tx.fetchval('SELECT display_id FROM "order" WHERE id = $1', order.id))


async def refunded(admin: httpx.AsyncClient, tx: Transaction) -> None:
    order_id = await tx.fetchval('SELECT id FROM "order"')
    due = {"order_id": order_id, "amount": 60}
    collection = (await post(admin, "payment-collections", **due))["payment_collection"]["id"]
    await post(admin, f"payment-collections/{collection}/mark-as-paid", order_id=order_id)
    await post(admin, f"payments/{await tx.fetchval('SELECT id FROM payment')}/refund", amount=9.5)


async def test_the_buyer_is_told_what_is_on_its_way_and_what_is_given_back(
    admin: httpx.AsyncClient, tx: Transaction, database: Database, settings: Settings
) -> None:
    number = await shipped(admin, tx)
    await refunded(admin, tx)

    sent, given = await deliver(tx, database, settings, OwnWords())

    assert (sent.to, sent.subject) == ("ann@example.com", f"Your order {number} is on its way")
    assert sent.text == (
        f"These items of your order {number} are on their way to you:\n\n1 x Shirt\n\n"
        "Follow it here: https://way.test/1\n"
    )
    assert given.subject == f"A refund for your order {number}"
    assert given.text == f"You have been refunded 9.5 EUR for your order {number}.\n"


async def test_a_shop_writes_its_own_words(
    admin: httpx.AsyncClient, tx: Transaction, database: Database, settings: Settings
) -> None:
    number = await shipped(admin, tx)
    await refunded(admin, tx)
    own = OwnWords()

    await deliver(tx, database, settings, own)

    assert own.sent == [
        ("ann@example.com", f"Off goes {number}: [['Shirt', '1']]"),
        ("ann@example.com", "9.5 eur are yours again"),
    ]


async def test_a_quiet_shipment_is_told_to_nobody(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    await shipped(admin, tx, no_notification=True)

    assert await tx.fetchval("SELECT count(*) FROM mail") == 0
