"""GET /store/shipping-options and POST /store/shipping-options/:id/calculate."""

from decimal import Decimal

import pytest

from merx.operations.demo import seed_demo
from merx.providers.fulfillment import FulfillmentProviders
from tests.factories.delivery import let_deliver, make_cart, make_depot, make_option
from tests.factories.keys import make_key, storefront
from tests.factories.products import item_of, make_product, variant
from tests.factories.stock import make_level
from tests.workflows.test_shipping_options import Courier

PATH = "/store/shipping-options"
US = [{"type": "country", "country_code": "us"}]


@pytest.fixture
async def shop(client, tx):
    _, token = await make_key(tx)
    client.headers.update(storefront(token))
    return client


async def test_options_come_with_their_price_and_place(shop, tx):
    depot = await make_depot(tx)
    free = {"attribute": "item_total", "operator": "gte", "value": 50}
    prices = [
        {"currency_code": "eur", "amount": 4.5},
        {"currency_code": "eur", "amount": 0, "rules": [free]},
    ]
    option = await make_option(tx, depot, prices=prices)
    without = await make_option(tx, depot, "No price", prices=[])
    small = await make_cart(tx, depot.channel_id, country_code="dk", item_total=Decimal(49))
    large = await make_cart(tx, depot.channel_id, country_code="dk", item_total=Decimal(50))
    abroad = await make_cart(tx, depot.channel_id, country_code="it")

    answer = await shop.get(PATH, params={"cart_id": small})
    dear = await shop.get(PATH, params={"cart_id": large})
    none = await shop.get(PATH, params={"cart_id": abroad})

    shown = answer.json()
    assert list(shown) == ["shipping_options"]
    first, second = shown["shipping_options"]
    assert (first["id"], first["amount"], first["is_tax_inclusive"]) == (option, 4.5, False)
    assert first["service_zone"]["fulfillment_set"]["location"]["id"] == depot.location_id
    assert [len(price["price_rules"]) for price in first["prices"]] == [0, 1]
    assert second["id"] == without
    assert "amount" not in second
    assert second["calculated_price"] is None
    assert dear.json()["shipping_options"][0]["amount"] == 0
    assert none.json() == {"shipping_options": []}


async def test_what_is_asked_for_is_added(shop, tx):
    depot = await make_depot(tx)
    await make_option(tx, depot)
    cart = await make_cart(tx, depot.channel_id)

    answer = await shop.get(PATH, params={"cart_id": cart, "fields": "metadata, secrets,-name"})

    [option] = answer.json()["shipping_options"]
    assert option["metadata"] is None
    assert option["name"] == "Post"
    assert "secrets" not in option


async def test_returns_are_listed_apart(shop, tx):
    depot = await make_depot(tx)
    await make_option(tx, depot, "Out", rules=[_rule("is_return", "false")])
    await make_option(tx, depot, "Back", rules=[_rule("is_return", "true")])
    await make_option(tx, depot, "Hidden", rules=[_rule("enabled_in_store", "false")])
    cart = await make_cart(tx, depot.channel_id)

    out = await shop.get(PATH, params={"cart_id": cart})
    back = await shop.get(PATH, params={"cart_id": cart, "is_return": "true"})

    assert [one["name"] for one in out.json()["shipping_options"]] == ["Out"]
    assert [one["name"] for one in back.json()["shipping_options"]] == ["Back"]


async def test_a_place_without_the_goods_says_so(shop, tx):
    depot = await make_depot(tx)
    await make_option(tx, depot)
    product = await make_product(tx, variants=[variant("Shirt", manage_inventory=True)])
    [variant_id] = product.variant_ids
    await make_level(tx, await item_of(tx, variant_id), depot.location_id, stocked=2)
    few = await make_cart(tx, depot.channel_id, variant_id=variant_id, quantity=2)
    many = await make_cart(tx, depot.channel_id, variant_id=variant_id, quantity=3)

    enough = await shop.get(PATH, params={"cart_id": few})
    short = await shop.get(PATH, params={"cart_id": many})

    assert enough.json()["shipping_options"][0]["insufficient_inventory"] is False
    assert short.json()["shipping_options"][0]["insufficient_inventory"] is True


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({}, 400, "Invalid request: Field 'cart_id' is required"),
        ({"cart_id": "nope"}, 404, "Cart id not found: nope"),
        ({"cart_id": "x", "foo": "1"}, 400, "Invalid request: Unrecognized fields: 'foo'"),
        ({"cart_id": "x", "is_return": "maybe"}, 400, "Invalid request: Invalid input"),
    ],
)
async def test_a_list_is_refused(shop, query, status, message):
    answer = await shop.get(PATH, params=query)

    assert (answer.status_code, answer.json()["message"]) == (status, message)


async def test_a_provider_calculates(shop, app, tx):
    providers = FulfillmentProviders.of([Courier()])
    app.state.fulfillment_providers, kept = providers, app.state.fulfillment_providers
    depot = await make_depot(tx, places=US)
    await let_deliver(tx, depot.location_id, Courier.id)
    option = await make_option(
        tx,
        depot,
        providers=[Courier()],
        provider_id=Courier.id,
        price_type="calculated",
        prices=[],
    )
    flat = await make_option(tx, depot, "Flat")
    cart = await make_cart(tx, depot.channel_id, country_code="us")
    albany = await make_cart(tx, depot.channel_id, country_code="us", city="Albany")

    body = {"cart_id": cart, "data": {"extra": 1.5}}
    answer = await shop.post(f"{PATH}/{option}/calculate", json=body)
    plain = await shop.post(f"{PATH}/{flat}/calculate", json={"cart_id": cart})
    refused = await shop.post(f"{PATH}/{option}/calculate", json={"cart_id": albany})
    unknown = await shop.post(f"{PATH}/nope/calculate", json=body)
    cartless = await shop.post(f"{PATH}/{option}/calculate", json={})
    app.state.fulfillment_providers = kept

    shown = answer.json()["shipping_option"]
    assert (shown["id"], shown["amount"], shown["is_tax_inclusive"]) == (option, 6.5, True)
    assert shown["calculated_price"]["calculated_amount"] == 6.5
    assert plain.json()["shipping_option"]["amount"] == 10
    assert (refused.status_code, refused.json()["message"]) == (400, "Nobody goes to Albany")
    assert unknown.status_code == 404
    assert cartless.json()["message"] == "Invalid request: Field 'cart_id' is required"


def _rule(attribute, value):
    return {"attribute": attribute, "operator": "eq", "value": value}


async def test_the_demo_shop_delivers(shop, tx):
    await seed_demo(tx)
    channel = await tx.fetchval("SELECT default_sales_channel_id FROM store LIMIT 1")
    variant_id = await tx.fetchval("SELECT id FROM product_variant ORDER BY id LIMIT 1")
    facts = {"variant_id": variant_id, "country_code": "de"}
    small = await make_cart(tx, channel, item_total=Decimal("99.99"), **facts)
    large = await make_cart(tx, channel, item_total=Decimal(100), **facts)

    answers = [await shop.get(PATH, params={"cart_id": cart}) for cart in (small, large)]

    assert [
        [(one["name"], one["amount"]) for one in answer.json()["shipping_options"]]
        for answer in answers
    ] == [[("Standard", 4.9), ("Express", 9.9)], [("Standard", 0), ("Express", 9.9)]]
