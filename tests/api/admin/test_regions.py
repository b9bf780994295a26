"""`/admin/regions`, `/admin/stores` and `/admin/customer-groups`: what Merx adds."""

import pytest

from tests.answers import good, problems, refused
from tests.factories.taxes import make_customer, make_customer_group, make_region
from tests.observed import emitted

REGIONS = "/admin/regions"
PATHS = (
    REGIONS,
    "/admin/stores",
    "/admin/customer-groups",
    "/admin/currencies",
    "/admin/price-preferences",
    "/admin/tax-regions",
    "/admin/tax-rates",
    "/admin/tax-providers",
)


async def test_a_region_comes_changes_and_goes(admin, tx):
    body = {"name": "North", "currency_code": "eur", "countries": ["is"]}
    region = good(await admin.post(REGIONS, json=body))["region"]["id"]
    good(await admin.post(f"{REGIONS}/{region}", json={"name": "Far north"}))
    good(await admin.delete(f"{REGIONS}/{region}"))

    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"region.{what}"] == [region]
    assert await tx.fetchval("SELECT count(*) FROM country WHERE region_id IS NOT NULL") == 0


async def test_a_deleted_region_leaves_no_default_and_no_preference(admin, tx):
    store = await tx.fetchval("SELECT id FROM store")
    body = {"name": "North", "currency_code": "eur", "payment_providers": ["pp_system_default"]}
    region = good(await admin.post(REGIONS, json=body))["region"]["id"]
    good(await admin.post(f"/admin/stores/{store}", json={"default_region_id": region}))

    good(await admin.delete(f"{REGIONS}/{region}"))

    found = good(await admin.get(f"/admin/stores/{store}"))["store"]
    assert found["default_region_id"] is None
    kept = good(await admin.get(f"/admin/price-preferences?value={region}"))
    assert kept["count"] == 0
    assert await tx.fetchval("SELECT count(*) FROM region_payment_provider") == 0


async def test_a_refused_region_leaves_nothing(admin, tx):
    good(await admin.post(REGIONS, json={"name": "A", "currency_code": "eur", "countries": ["is"]}))

    body = {"name": "B", "currency_code": "eur", "countries": ["li", "is"]}
    told = refused(await admin.post(REGIONS, json=body))

    assert told == 'Countries with codes: "is" are already assigned to a region'
    assert await tx.fetchval("SELECT count(*) FROM region") == 1
    assert await tx.fetchval("SELECT region_id FROM country WHERE iso_2 = 'li'") is None


async def test_a_region_keeps_a_country_that_is_named_again(admin, tx):
    region = await make_region(tx, "North")
    good(await admin.post(f"{REGIONS}/{region}", json={"countries": ["is", "li"]}))

    answer = await admin.post(f"{REGIONS}/{region}", json={"countries": ["IS"]})

    codes = [country["iso_2"] for country in good(answer)["region"]["countries"]]
    assert codes == ["is"]


async def test_every_bad_currency_of_a_store_is_named(admin, tx):
    store = await tx.fetchval("SELECT id FROM store")
    codes = [("eur", True), ("xxa", False), ("xxb", False)]
    wanted = [{"currency_code": code, "is_default": default} for code, default in codes]

    answer = await admin.post(f"/admin/stores/{store}", json={"supported_currencies": wanted})

    assert refused(answer) == "Currency with code: xxa, xxb was not found"
    assert list(problems(answer)) == [
        "supported_currencies[1].currency_code",
        "supported_currencies[2].currency_code",
    ]


async def test_customers_come_into_a_group_and_go(admin, tx):
    group = await make_customer_group(tx, "Gold")
    ann = await make_customer(tx, "ann@shop.test", first_name="Ann")
    bob = await make_customer(tx, "bob@shop.test", first_name="Bob")
    path = f"/admin/customer-groups/{group}/customers?fields=name,customers.email"

    both = good(await admin.post(path, json={"add": [ann, bob, ann]}))["customer_group"]
    one = good(await admin.post(path, json={"remove": [ann]}))["customer_group"]

    assert [customer["email"] for customer in both["customers"]] == [
        "ann@shop.test",
        "bob@shop.test",
    ]
    assert one["customers"] == [{"email": "bob@shop.test", "id": bob}]
    events = await emitted(tx)
    assert set(events["customer-group.updated"]) == {group}
    assert set(events["customer.updated"]) == {ann, bob}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("customers={ann}", ["Gold"]),
        ("customers[]={ann}&customers[]={bob}&order=name", ["Gold", "Wood"]),
        ("customers[email]=bob@shop.test", ["Wood"]),
        ("customers[email][$ilike]=ANN%25", ["Gold"]),
        ("customers[first_name]=Ann", ["Gold"]),
        ("customers[first_name]=Bob&customers[id]={ann}", []),
    ],
)
async def test_groups_are_found_by_their_customers(admin, tx, query, found):
    people = {}
    for name, group in (("ann", "Gold"), ("bob", "Wood")):
        people[name] = await make_customer(tx, f"{name}@shop.test", first_name=name.title())
        path = f"/admin/customer-groups/{await make_customer_group(tx, group)}/customers"
        good(await admin.post(path, json={"add": [people[name]]}))

    page = good(await admin.get(f"/admin/customer-groups?{query.format_map(people)}"))

    assert [group["name"] for group in page["customer_groups"]] == found


async def test_nobody_belongs_to_a_deleted_group(admin, tx):
    group = await make_customer_group(tx, "Gold")
    ann = await make_customer(tx, "ann@shop.test")
    good(await admin.post(f"/admin/customer-groups/{group}/customers", json={"add": [ann]}))

    good(await admin.delete(f"/admin/customer-groups/{group}"))

    assert await tx.fetchval("SELECT count(*) FROM customer_group_customer") == 0
