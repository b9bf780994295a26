"""/admin/shipping-options and what hangs on them: what Merx adds, and requests at once."""

import asyncio

import pytest

from tests.factories.delivery import make_depot, make_option, make_zone

OPTIONS = "/admin/shipping-options"
LEFT = """SELECT count(*) FROM shipping_option o WHERE o.deleted_at IS NULL
AND EXISTS (SELECT 1 FROM service_zone z WHERE z.id = o.service_zone_id
            AND z.deleted_at IS NOT NULL)"""
LIVE = {
    "fulfillment_set": "SELECT count(*) FROM fulfillment_set WHERE deleted_at IS NULL",
    "service_zone": "SELECT count(*) FROM service_zone WHERE deleted_at IS NULL",
    "geo_zone": "SELECT count(*) FROM geo_zone WHERE deleted_at IS NULL",
    "shipping_option": "SELECT count(*) FROM shipping_option WHERE deleted_at IS NULL",
    "rule": "SELECT count(*) FROM shipping_option_rule WHERE deleted_at IS NULL",
    "price": "SELECT count(*) FROM price WHERE deleted_at IS NULL",
    "price_set": "SELECT count(*) FROM price_set WHERE deleted_at IS NULL",
}
RULE = {"attribute": "enabled_in_store", "operator": "eq", "value": "true"}


async def live(tx):
    return {name: await tx.fetchval(query) for name, query in LIVE.items()}


@pytest.mark.parametrize("above", ["set", "location"])
async def test_a_deletion_goes_down_to_the_prices(admin, tx, above):
    before = await live(tx)
    depot = await make_depot(tx)
    await make_option(tx, depot, rules=[RULE])
    await make_zone(tx, depot.set_id, "Empty")
    paths = {
        "set": f"/admin/fulfillment-sets/{depot.set_id}",
        "location": f"/admin/stock-locations/{depot.location_id}",
    }

    answer = await admin.delete(paths[above])

    assert answer.status_code == 200
    assert await live(tx) == before


async def test_conditions_of_a_price_are_changed_by_its_id(admin, tx):
    depot = await make_depot(tx)
    option = await make_option(tx, depot)
    shown = (await admin.get(f"{OPTIONS}/{option}")).json()["shipping_option"]
    price = shown["prices"][0]["id"]
    condition = {"attribute": "item_total", "operator": "gt", "value": 5}

    answer = await admin.post(
        f"{OPTIONS}/{option}", json={"prices": [{"id": price, "rules": [condition]}]}
    )

    [changed] = answer.json()["shipping_option"]["prices"]
    assert (changed["id"], changed["amount"], changed["rules_count"]) == (price, 10, 1)
    [rule] = changed["price_rules"]
    assert (rule["attribute"], rule["operator"], rule["value"]) == ("item_total", "gt", "5")


async def test_rules_of_another_option_are_left_alone(admin, tx):
    depot = await make_depot(tx)
    own, other = await make_option(tx, depot), await make_option(tx, depot, rules=[RULE])
    foreign = (await admin.get(f"{OPTIONS}/{other}")).json()["shipping_option"]["rules"][0]["id"]

    deleted = await admin.post(f"{OPTIONS}/{own}/rules/batch", json={"delete": [foreign]})
    updated = await admin.post(
        f"{OPTIONS}/{own}/rules/batch", json={"update": [{"id": foreign, **RULE}]}
    )

    assert [deleted.status_code, updated.status_code] == [404, 404]
    kept = (await admin.get(f"{OPTIONS}/{other}")).json()["shipping_option"]["rules"]
    assert [rule["id"] for rule in kept] == [foreign]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"prices": [{"currency_code": "xxx", "amount": 1}]},
            "Currency with code: xxx was not found",
        ),
        (
            {"prices": [{"currency_code": "eur", "amount": -1}]},
            "Invalid request: Field 'prices, 0, amount' must not be negative",
        ),
        ({"prices": [{"region_id": "reg_no", "amount": 1}]}, None),
        ({"name": "New", "rules": [{"id": "no", **RULE}]}, None),
    ],
)
async def test_a_change_that_is_refused_changes_nothing(admin, tx, change, message):
    depot = await make_depot(tx)
    option = await make_option(tx, depot, rules=[RULE])
    before = (await admin.get(f"{OPTIONS}/{option}")).json()

    answer = await admin.post(f"{OPTIONS}/{option}", json=change)

    assert answer.status_code in (400, 404)
    assert message is None or answer.json()["message"] == message
    assert (await admin.get(f"{OPTIONS}/{option}")).json() == before


@pytest.mark.commits
async def test_an_option_made_while_its_zone_is_deleted_is_not_left_behind(admin, tx):
    depot = await make_depot(tx)
    body = {
        "name": "Post",
        "service_zone_id": depot.zone_id,
        "shipping_profile_id": depot.profile_id,
        "provider_id": "manual_manual",
        "price_type": "flat",
        "type": {"label": "a", "code": "b"},
        "prices": [],
    }
    zone = f"/admin/fulfillment-sets/{depot.set_id}/service-zones/{depot.zone_id}"

    answers = await asyncio.gather(
        *(admin.post(OPTIONS, json=body) for _ in range(3)),
        admin.delete(zone),
        admin.delete(zone),
        *(admin.post(OPTIONS, json=body) for _ in range(3)),
    )

    assert {answer.status_code for answer in answers} <= {200, 400, 404}
    assert sorted(answer.status_code for answer in answers[3:5]) == [200, 404]
    assert await tx.fetchval(LEFT) == 0


@pytest.mark.commits
async def test_a_type_or_profile_that_gets_an_option_is_not_deleted_at_the_same_time(admin, tx):
    depot = await make_depot(tx)
    created = await admin.post("/admin/shipping-option-types", json={"label": "a", "code": "b"})
    type_id = created.json()["shipping_option_type"]["id"]
    body = {
        "name": "Post",
        "service_zone_id": depot.zone_id,
        "shipping_profile_id": depot.profile_id,
        "provider_id": "manual_manual",
        "price_type": "flat",
        "type_id": type_id,
        "prices": [],
    }

    answers = await asyncio.gather(
        admin.post(OPTIONS, json=body),
        admin.delete(f"/admin/shipping-option-types/{type_id}"),
        admin.delete(f"/admin/shipping-profiles/{depot.profile_id}"),
    )

    made, typed, profiled = (answer.status_code for answer in answers)
    assert made == 200 or typed == 200 or profiled == 200
    assert not (made == 200 and 200 in (typed, profiled))
