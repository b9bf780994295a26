"""A cart paid by Stripe becomes an order once, whether the buyer or a webhook comes first."""

import pytest

from merx.modules.payment.till import Till
from merx.providers.stripe import StripePaymentProvider
from merx.workflows.orders.reconcile_carts import complete_paid_carts
from merx.workflows.selling.payment_notices import receive_notice
from tests.answers import good
from tests.factories.payments import make_provider_row
from tests.factories.shop import make_goods, make_paid_cart, make_shop
from tests.factories.stripe_server import API_KEY, WEBHOOK_SECRET, stripe_server

STRIPE = StripePaymentProvider.id


@pytest.fixture
async def stripe():
    async with stripe_server() as double:
        yield double


@pytest.fixture
async def till(app, tx, stripe, monkeypatch):
    """The app's own, which knows Stripe too."""
    await make_provider_row(tx, STRIPE)
    provider = StripePaymentProvider(API_KEY, webhook_secret=WEBHOOK_SECRET, api_url=stripe.url)
    monkeypatch.setitem(app.state.payment_providers, STRIPE, provider)
    return Till(app.state.database, app.state.payment_providers, app.state.payment_listeners)


@pytest.fixture
async def shop(client, tx, till):
    shop = await make_shop(tx)
    await tx.execute(
        "INSERT INTO region_payment_provider (region_id, payment_provider_id, id)"
        " VALUES ($1, $2, 'regpp_2')",
        shop.region_id,
        STRIPE,
    )
    await make_goods(tx, shop, "Shirt", 20, stock=3)
    client.headers.update(shop.headers)
    return shop


async def begin(client, shop):
    """A cart that can be paid by Stripe, and its intent's id."""
    cart = await make_paid_cart(client, shop, ("Shirt", 2))
    owed = good(await client.post("/store/payment-collections", json={"cart_id": cart["id"]}))
    collection_id = owed["payment_collection"]["id"]
    path = f"/store/payment-collections/{collection_id}/payment-sessions"
    begun = good(await client.post(path, json={"provider_id": STRIPE}))
    [session] = begun["payment_collection"]["payment_sessions"]
    assert session["data"]["client_secret"]
    return cart["id"], session["data"]["id"]


async def complete(client, cart_id):
    return good(await client.post(f"/store/carts/{cart_id}/complete"))


async def test_a_buyer_shows_that_the_card_is_theirs_and_gets_the_order(client, tx, shop, stripe):
    cart_id, intent_id = await begin(client, shop)
    stripe.confirm(intent_id, "3ds")

    wait = await complete(client, cart_id)
    stripe.authenticate(intent_id)
    done = await complete(client, cart_id)
    again = await complete(client, cart_id)

    assert (wait["type"], wait["error"]["type"]) == ("cart", "payment_requires_more_error")
    assert done["type"] == again["type"] == "order"
    assert done["order"]["id"] == again["order"]["id"]
    assert stripe.intents[intent_id]["amount"] == done["order"]["total"] * 100
    assert await tx.fetchval("SELECT count(*) FROM payment") == 1


async def test_a_declined_card_leaves_the_cart_as_it_was(client, tx, shop, stripe):
    cart_id, intent_id = await begin(client, shop)
    stripe.confirm(intent_id, "declined")

    declined = await complete(client, cart_id)
    stripe.confirm(intent_id)
    done = await complete(client, cart_id)

    assert declined["type"] == "cart"
    assert declined["error"]["message"] == "Your card was declined."
    assert done["type"] == "order"


async def test_a_webhook_that_comes_first_makes_the_order(client, tx, shop, stripe, till):
    cart_id, intent_id = await begin(client, shop)
    intent = stripe.confirm(intent_id)
    call = stripe.event("payment_intent.amount_capturable_updated", intent)

    await receive_notice(till, STRIPE, call["content"], call["headers"])
    payments = [row[0] for row in await tx.fetch("SELECT id FROM payment")]
    await complete_paid_carts(till, payments)
    done = await complete(client, cart_id)

    assert done["type"] == "order"
    assert await tx.fetchval('SELECT count(*) FROM "order"') == 1
    assert await tx.fetchval("SELECT count(*) FROM payment") == 1


async def test_without_stock_the_money_is_given_up(client, tx, shop, stripe):
    cart_id, intent_id = await begin(client, shop)
    stripe.confirm(intent_id)
    gone = await without_stock(client, tx, cart_id, stripe)

    assert gone.status_code == 400
    assert stripe.intents[intent_id]["status"] == "canceled"
    assert await tx.fetchval('SELECT count(*) FROM "order"') == 0
    status = await tx.fetchval("SELECT status FROM payment_collection")
    assert status == "not_paid"


async def without_stock(client, tx, cart_id, stripe):
    """Complete the cart while another buyer takes the last stock."""
    answer = stripe.respond

    async def respond(*asked):
        given = await answer(*asked)
        await tx.execute("UPDATE inventory_level SET stocked_quantity = 1")
        return given

    stripe.respond = respond
    return await client.post(f"/store/carts/{cart_id}/complete")
