"""Delivery takes as many statements for many rows as for one."""

import pytest

from tests.factories.delivery import make_cart, make_depot, make_option
from tests.factories.keys import make_key, storefront
from tests.factories.taxes import make_region

SIZES = (1, 10, 50)
PRICE = {"currency_code": "eur", "amount": 1}


def places(size):
    return [
        {"type": "province", "country_code": "us", "province_code": f"p{n}"} for n in range(size)
    ]


def rules(size):
    return [{"attribute": f"a{n}", "operator": "eq", "value": "x"} for n in range(size)]


async def prices(tx, size):
    regions = [await make_region(tx, f"R{size}-{n}") for n in range(size)]
    return [{"region_id": region, "amount": 1} for region in regions]


async def create_zone(tx, size):
    depot = await make_depot(tx, f"D{size}")
    path = f"/admin/fulfillment-sets/{depot.set_id}/service-zones"
    return "POST", path, {"name": f"Z{size}", "geo_zones": places(size)}


async def change_zone(tx, size):
    depot = await make_depot(tx, f"D{size}", places=places(size))
    path = f"/admin/fulfillment-sets/{depot.set_id}/service-zones/{depot.zone_id}"
    return "POST", path, {"geo_zones": places(size)}


async def create_option(tx, size):
    depot = await make_depot(tx, f"D{size}")
    body = {
        "name": "Post",
        "service_zone_id": depot.zone_id,
        "shipping_profile_id": depot.profile_id,
        "provider_id": "manual_manual",
        "price_type": "flat",
        "type": {"label": "a", "code": "b"},
        "prices": [PRICE, *await prices(tx, size)],
        "rules": rules(size),
    }
    return "POST", "/admin/shipping-options", body


async def change_option(tx, size):
    depot = await make_depot(tx, f"D{size}")
    option = await make_option(tx, depot, rules=rules(size), prices=await prices(tx, size))
    body = {"prices": [PRICE, *await prices(tx, size)], "rules": rules(size)}
    return "POST", f"/admin/shipping-options/{option}", body


async def batch_rules(tx, size):
    depot = await make_depot(tx, f"D{size}")
    option = await make_option(tx, depot, rules=rules(size))
    query = "SELECT id FROM shipping_option_rule WHERE shipping_option_id = $1"
    gone = [record[0] for record in await tx.fetch(query, option)]
    body = {"create": rules(size), "delete": gone}
    return "POST", f"/admin/shipping-options/{option}/rules/batch", body


async def delete_set(tx, size):
    depot = await make_depot(tx, f"D{size}")
    for n in range(size):
        await make_option(tx, depot, f"O{n}")
    return "DELETE", f"/admin/fulfillment-sets/{depot.set_id}", None


async def hand_over(tx, size):
    depot = await make_depot(tx, f"D{size}")
    item = {"title": "Shirt", "sku": "s", "quantity": 1, "barcode": "b"}
    label = {"tracking_number": "1", "tracking_url": "", "label_url": ""}
    body = {
        "location_id": depot.location_id,
        "provider_id": "manual_manual",
        "delivery_address": {},
        "items": [item] * size,
        "labels": [label] * size,
        "order_id": "order_1",
        "data": None,
        "metadata": None,
    }
    return "POST", "/admin/fulfillments", body


@pytest.mark.parametrize(
    ("request_of", "number"),
    [
        (create_zone, 5),
        (change_zone, 8),
        (create_option, 8),
        (change_option, 13),
        (batch_rules, 6),
        (delete_set, 16),
        (hand_over, 5),
    ],
)
async def test_a_write_takes_as_many_statements_whatever_its_size(
    admin, tx, statements, request_of, number
):
    found = {}
    for size in SIZES[:2] if request_of is delete_set else SIZES:
        method, path, body = await request_of(tx, size)
        found[size] = await statements.of(admin.request(method, path, json=body))

    counts = {size: len(taken) for size, taken in found.items()}
    assert counts == dict.fromkeys(counts, number), found


async def test_a_carts_options_with_their_prices_are_one_statement(client, tx, statements):
    depot = await make_depot(tx)
    cart = await make_cart(tx, depot.channel_id, country_code="dk")
    _, token = await make_key(tx)
    # The first use of a key is noted.
    await client.get("/store/currencies", headers=storefront(token))
    found = {}

    for size in (1, 20):
        for n in range(size):
            await make_option(tx, depot, f"O{size}-{n}", rules=rules(0))
        path = f"/store/shipping-options?cart_id={cart}"
        found[size] = await statements.all_of(client.get(path, headers=storefront(token)))

    # The key with its channels, the cart's facts, and the options.
    assert [len(taken) for taken in found.values()] == [3, 3], found
