"""Requests that want one country, one default or one name at the same time: one gets it."""

import asyncio

import pytest

from tests.answers import good
from tests.factories.taxes import make_customer, make_customer_group, make_region, make_tax_region
from tests.workflows.support import post_all, until_waiting, winner_and_losers

pytestmark = pytest.mark.commits

RACERS = 6
SYSTEM = {"provider_id": "tp_system"}


async def test_one_of_the_regions_gets_the_country(admin, tx):
    bodies = [
        {
            "name": f"R{number}",
            "currency_code": "eur",
            "countries": ["is", "li"][:: 1 - 2 * (number % 2)],
        }
        for number in range(RACERS)
    ]

    answers = await post_all(admin, "/admin/regions", bodies)

    won, told = winner_and_losers(answers)
    assert {(status, kind) for status, kind, _ in told} == {(400, "invalid_data")}
    assert all("are already assigned to a region" in message for _, _, message in told)
    taken = await tx.fetch("SELECT region_id FROM country WHERE region_id IS NOT NULL")
    assert [record[0] for record in taken] == [won.json()["region"]["id"]] * 2
    assert await tx.fetchval("SELECT count(*) FROM region") == 1
    assert await tx.fetchval("SELECT count(*) FROM price_preference WHERE value LIKE 'reg%'") == 1


async def test_regions_that_swap_countries_do_not_lock_each_other_out(admin):
    ids = []
    for number, code in enumerate(("is", "li")):
        body = {"name": f"R{number}", "currency_code": "eur", "countries": [code]}
        made = await admin.post("/admin/regions", json=body)
        ids.append(good(made)["region"]["id"])

    for _ in range(10):
        answers = await asyncio.gather(
            admin.post(f"/admin/regions/{ids[0]}", json={"countries": ["li", "mc"]}),
            admin.post(f"/admin/regions/{ids[1]}", json={"countries": ["mc", "is"]}),
            admin.post(f"/admin/regions/{ids[0]}", json={"countries": ["is"]}),
            admin.post(f"/admin/regions/{ids[1]}", json={"countries": ["li"]}),
        )
        assert {answer.status_code for answer in answers} <= {200, 400}


async def test_a_region_that_is_being_deleted_is_no_default(admin, database, tx):
    region = await make_region(tx, "Going")
    store = await tx.fetchval("SELECT id FROM store")
    async with database.write() as other:
        await other.execute("UPDATE region SET deleted_at = now() WHERE id = $1", region)
        asked = asyncio.create_task(
            admin.post(f"/admin/stores/{store}", json={"default_region_id": region})
        )
        await until_waiting(database)

    assert (await asked).status_code == 404
    assert await tx.fetchval("SELECT default_region_id FROM store") is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"country_code": "kp", **SYSTEM},
            "Tax region with country_code: kp, already exists.",
        ),
        (
            {"country_code": "KP", "province_code": "QC", **SYSTEM},
            "Tax region with country_code: kp, province_code: qc, already exists.",
        ),
    ],
)
async def test_one_tax_region_of_a_place_is_made(admin, body, message):
    answers = await post_all(admin, "/admin/tax-regions?fields=id", [body] * RACERS)

    _, told = winner_and_losers(answers)
    assert set(told) == {(400, "invalid_data", message)}


async def test_one_rate_becomes_the_default(admin, tx):
    region = await make_tax_region(tx, "kp")
    body = {"tax_region_id": region, "code": "c", "name": "n", "rate": 5, "is_default": True}

    answers = await post_all(admin, "/admin/tax-rates?fields=id", [body] * RACERS)

    _, told = winner_and_losers(answers)
    message = f"Tax rate with tax_region_id: {region}, already exists."
    assert set(told) == {(400, "invalid_data", message)}


async def test_a_province_is_not_left_below_a_deleted_country(admin, tx):
    for number in range(10):
        country = await make_tax_region(tx, "kp")
        made, gone = await asyncio.gather(
            admin.post(
                "/admin/tax-regions?fields=id",
                json={"country_code": "kp", "province_code": f"p{number}", "parent_id": country},
            ),
            admin.delete(f"/admin/tax-regions/{country}"),
        )

        assert gone.status_code == 200
        assert made.status_code in (200, 400)
        assert await tx.fetchval("SELECT count(*) FROM tax_region WHERE deleted_at IS NULL") == 0


async def test_a_rate_is_not_left_in_a_deleted_region(admin, tx):
    for _ in range(10):
        region = await make_tax_region(tx, "kp")
        body = {"tax_region_id": region, "code": "c", "name": "n"}
        made, gone = await asyncio.gather(
            admin.post("/admin/tax-rates?fields=id", json=body),
            admin.delete(f"/admin/tax-regions/{region}"),
        )

        assert gone.status_code == 200
        assert made.status_code in (200, 404)
        assert await tx.fetchval("SELECT count(*) FROM tax_rate WHERE deleted_at IS NULL") == 0


async def test_one_group_of_a_name_is_made(admin):
    answers = await post_all(admin, "/admin/customer-groups", [{"name": "Gold"}] * RACERS)

    _, told = winner_and_losers(answers)
    assert set(told) == {(400, "invalid_data", "Customer group with name: Gold, already exists.")}


async def test_one_preference_of_a_pair_is_made(admin):
    body = {"attribute": "region_id", "value": "reg_1"}

    answers = await post_all(admin, "/admin/price-preferences", [body] * RACERS)

    _, told = winner_and_losers(answers)
    message = "Price preference with attribute: region_id, value: reg_1, already exists."
    assert set(told) == {(400, "invalid_data", message)}


async def test_a_customer_joins_once_however_many_ask(admin, tx):
    group, customer = await make_customer_group(tx, "Gold"), await make_customer(tx, "a@shop.test")

    path = f"/admin/customer-groups/{group}/customers"
    answers = await post_all(admin, path, [{"add": [customer]}] * RACERS)

    assert {answer.status_code for answer in answers} == {200}
    assert await tx.fetchval("SELECT count(*) FROM customer_group_customer") == 1


async def test_the_store_has_one_default_currency_whoever_wins(admin, tx):
    store = await tx.fetchval("SELECT id FROM store")
    bodies = [
        {
            "supported_currencies": [
                {"currency_code": code, "is_default": code == default, "is_tax_inclusive": True}
                for code in ("eur", "usd", "dkk")
            ]
        }
        for default in ("eur", "usd", "dkk") * 2
    ]

    answers = await post_all(admin, f"/admin/stores/{store}", bodies)

    assert {answer.status_code for answer in answers} == {200}
    assert await tx.fetchval("SELECT count(*) FROM store_currency WHERE is_default") == 1
    assert await tx.fetchval("SELECT count(*) FROM store_currency") == 3
