"""A buyer gets one confirmation that lists what was bought, in readable form."""

from collections.abc import AsyncIterator

import httpx
import pytest

from merx.core.database import Database, Transaction
from merx.modules.notification.letters import Pages
from merx.providers.smtp import SmtpNotifications
from merx.settings import Settings
from merx.workflows.people.mails import Postage, send_mail
from tests.answers import good
from tests.factories.shop import Shop, make_goods, make_paid_cart, make_shop
from tests.factories.smtp_server import Postbox, running_smtp_server

PAGES = Pages("https://admin.test/app/", "https://shop.test")
REQUESTED = "SELECT ids FROM event WHERE name = 'mail.requested' ORDER BY id"


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Shirt", 9.99, stock=1)
    await make_goods(tx, shop, "Mug", 14.5)
    return shop


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with running_smtp_server() as running:
        yield running


async def send_all(tx: Transaction, database: Database, postage: Postage) -> None:
    for row in await tx.fetch(REQUESTED):
        for mail_id in row["ids"]:
            await send_mail(database, mail_id, postage)


@pytest.fixture
def postage(postbox: Postbox, settings: Settings) -> Postage:
    provider = SmtpNotifications(postbox.url, "The Shop <shop@shop.test>")
    return Postage(provider, PAGES, settings.jwt_secret)


async def test_the_buyer_is_told_what_was_bought(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    shop: Shop,
    postbox: Postbox,
    postage: Postage,
) -> None:
    cart = await make_paid_cart(client, shop, ("Shirt", 1), ("Mug", 2))
    path = f"/store/carts/{cart['id']}/complete"
    order = good(await client.post(path, headers=shop.headers))["order"]
    # A second call is no second order, and no second mail.
    good(await client.post(path, headers=shop.headers))

    await send_all(tx, database, postage)

    (mail,) = postbox.mails
    assert (mail["From"], mail["To"]) == ("The Shop <shop@shop.test>", "ann@home.test")
    assert mail["Subject"] == f"Your order {order['display_id']}"
    # (9.99 + 2 * 14.5 + 10 for the parcel) * 1.2 is 58.788; one can pay 58.79.
    assert order["total"] == 58.788
    assert mail.get_content().replace("\r\n", "\n") == (
        f"Thank you for your order {order['display_id']}.\n"
        "\n"
        "1 x Shirt\n"
        "2 x Mug\n"
        "\n"
        "Total: 58.79 EUR\n"
        "\n"
        "See it here:\n"
        f"https://shop.test/orders/{order['id']}\n"
    )


async def test_for_an_order_that_did_not_come_to_be_there_is_no_mail(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    shop: Shop,
    postbox: Postbox,
    postage: Postage,
) -> None:
    first, second = [await make_paid_cart(client, shop, ("Shirt", 1)) for _ in range(2)]
    good(await client.post(f"/store/carts/{first['id']}/complete", headers=shop.headers))
    answer = await client.post(f"/store/carts/{second['id']}/complete", headers=shop.headers)
    assert answer.status_code == 400, answer.text

    await send_all(tx, database, postage)

    assert len(postbox.mails) == 1


async def test_many_of_something_are_told_in_plain_numbers(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    shop: Shop,
    postbox: Postbox,
    postage: Postage,
) -> None:
    cart = await make_paid_cart(client, shop, ("Mug", 20))
    good(await client.post(f"/store/carts/{cart['id']}/complete", headers=shop.headers))

    await send_all(tx, database, postage)

    assert "\n20 x Mug\n" in postbox.mails[0].get_content().replace("\r\n", "\n")
