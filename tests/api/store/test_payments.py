"""/store/payment-collections: how buyers begin to pay; and with whom they can."""

import pytest

from merx.core.ids import new_id
from tests.answers import good, refused
from tests.factories.customers import make_buyer
from tests.factories.keys import make_key, storefront
from tests.factories.payments import SYSTEM
from tests.factories.taxes import make_region

PATH = "/store/payment-collections"


@pytest.fixture
async def region_id(tx):
    region_id = await make_region(tx, "Here")
    await tx.execute(
        "INSERT INTO region_payment_provider (region_id, payment_provider_id, id)"
        " VALUES ($1, $2, 'x')",
        region_id,
        SYSTEM,
    )
    return region_id


@pytest.fixture
async def cart_id(tx, region_id):
    cart_id = new_id("cart")
    await tx.execute(
        "INSERT INTO cart (id, region_id, currency_code, total) VALUES ($1, $2, 'eur', 61.9615)",
        cart_id,
        region_id,
    )
    return cart_id


@pytest.fixture
async def shop(client, tx):
    client.headers.update(storefront((await make_key(tx))[1]))
    return client


async def begin(shop, collection_id, **body):
    body = {"provider_id": SYSTEM, **body}
    return await shop.post(f"{PATH}/{collection_id}/payment-sessions", json=body)


async def test_a_cart_has_one_collection_of_its_total(shop, cart_id):
    first = good(await shop.post(PATH, json={"cart_id": cart_id}))["payment_collection"]
    second = good(await shop.post(PATH, json={"cart_id": cart_id}))["payment_collection"]

    assert first["amount"] == 61.96
    assert second == first
    unknown = await shop.post(PATH, json={"cart_id": "cart_none"})
    assert refused(unknown, 404) == "Cart id not found: cart_none"


async def test_a_session_takes_the_place_of_the_last(shop, cart_id):
    made = good(await shop.post(PATH, json={"cart_id": cart_id}))["payment_collection"]

    first = good(await begin(shop, made["id"], data={"a": 1}))["payment_collection"]
    second = good(await begin(shop, made["id"]))["payment_collection"]

    [old], [new] = first["payment_sessions"], second["payment_sessions"]
    assert (old["data"], old["amount"], old["context"]) == ({"a": 1}, 61.96, {})
    assert (new["data"], new["status"]) == ({}, "pending")
    assert old["id"] != new["id"]


async def test_only_providers_of_the_region_can_be_chosen(shop, tx, cart_id, region_id):
    made = good(await shop.post(PATH, json={"cart_id": cart_id}))["payment_collection"]

    answer = await begin(shop, made["id"], provider_id="pp_nobody")

    assert refused(answer) == (
        f"Payment provider pp_nobody is not enabled in the cart's region {region_id}."
    )
    unknown = await begin(shop, "pay_col_none")
    assert refused(unknown, 404) == "PaymentCollection id not found: pay_col_none"
    assert await tx.fetchval("SELECT count(*) FROM payment_session") == 0


async def test_a_customer_pays_with_an_account(shop, tx, cart_id, settings):
    bea = await make_buyer(tx)
    shop.headers.update(bea.headers(settings))
    made = good(await shop.post(PATH, json={"cart_id": cart_id}))["payment_collection"]

    for _ in range(2):
        answer = good(await begin(shop, made["id"]))

    [session] = answer["payment_collection"]["payment_sessions"]
    assert session["context"]["customer"]["id"] == bea.id
    holder = session["context"]["account_holder"]
    assert (holder["external_id"], holder["provider_id"]) == (bea.id, SYSTEM)
    assert await tx.fetchval("SELECT count(*) FROM account_holder") == 1


async def test_what_a_storefront_may_not_see_is_not_shown(shop, cart_id):
    query = "?fields=id,payments.id,captured_amount,cart.email,metadata,*payment_sessions"
    made = good(await shop.post(f"{PATH}{query}", json={"cart_id": cart_id}))

    assert set(made["payment_collection"]) == {"id", "payment_sessions"}


async def test_providers_of_a_region(shop, tx, region_id):
    other = await make_region(tx, "There")

    here = good(await shop.get(f"/store/payment-providers?region_id={region_id}"))
    there = good(await shop.get(f"/store/payment-providers?region_id={other}"))
    await tx.execute("UPDATE payment_provider SET is_enabled = false")
    off = good(await shop.get(f"/store/payment-providers?region_id={region_id}"))

    assert here["payment_providers"] == [{"id": SYSTEM, "is_enabled": True}]
    assert (there["payment_providers"], off["payment_providers"]) == ([], [])
    nowhere = await shop.get("/store/payment-providers")
    assert refused(nowhere) == "Invalid request: Field 'region_id' is required"
