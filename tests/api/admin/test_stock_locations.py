"""`/admin/stock-locations`: places with stock, who sells from there and who delivers."""

import asyncio

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.products import make_item, make_location, make_sales_channel
from tests.factories.stock import make_level, make_reservation
from tests.observed import emitted, forget_events, statements_of

PATH = "/admin/stock-locations"
ADDRESS = {"address_1": "Vestergade 1", "city": "Copenhagen", "country_code": "dk"}


async def test_a_location_is_made_with_its_address(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    await forget_events(tx)

    answer = await admin.post(PATH, json={"name": " Main ", "address": ADDRESS})

    location = answer.json()["stock_location"]
    assert (location["name"], location["address"]["city"]) == ("Main", "Copenhagen")
    assert await emitted(tx) == {"stock-location.created": [location["id"]]}


async def test_an_address_belongs_to_one_location(admin: httpx.AsyncClient) -> None:
    made = await admin.post(f"{PATH}?fields=address_id", json={"name": "A", "address": ADDRESS})
    address_id = made.json()["stock_location"]["address_id"]

    taken = await admin.post(PATH, json={"name": "B", "address_id": address_id})
    unknown = await admin.post(PATH, json={"name": "B", "address_id": "laddr_none"})

    assert taken.json()["message"] == (
        f"Stock location with address_id: {address_id}, already exists."
    )
    assert unknown.status_code == 404


async def test_an_address_comes_later_and_changes_by_key(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    location_id = await make_location(tx)

    given = await admin.post(f"{PATH}/{location_id}", json={"address": ADDRESS})
    changed = await admin.post(
        f"{PATH}/{location_id}", json={"address": {"address_1": "Ny 2", "country_code": "se"}}
    )

    first, second = (a.json()["stock_location"]["address"] for a in (given, changed))
    assert (first["address_1"], first["city"]) == ("Vestergade 1", "Copenhagen")
    assert second == {**first, "address_1": "Ny 2", "country_code": "se"}


async def test_locations_are_found_by_channel_and_by_text(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    location_id, channel_id = await make_location(tx, "Main"), await make_sales_channel(tx)
    await make_location(tx, "Other")
    await admin.post(f"{PATH}/{location_id}", json={"address": ADDRESS})
    await admin.post(f"{PATH}/{location_id}/sales-channels", json={"add": [channel_id]})

    for query in (f"sales_channel_id={channel_id}", "q=vestergade", "order=name&limit=1"):
        async with statements_of(tx) as statements:
            page = (await admin.get(f"{PATH}?fields=name&{query}")).json()
        assert [found["name"] for found in page["stock_locations"]] == ["Main"]
        assert len([text for text in statements if "stock_location" in text]) == 1


async def test_members_come_and_go_in_one_call(admin: httpx.AsyncClient, tx: Transaction) -> None:
    location_id = await make_location(tx)
    web, app = await make_sales_channel(tx, "Web"), await make_sales_channel(tx, "App")
    path = f"{PATH}/{location_id}/sales-channels?fields=sales_channels.name"
    await admin.post(path, json={"add": [web]})

    answer = await admin.post(path, json={"add": [app, app], "remove": [web]})

    assert answer.json()["stock_location"]["sales_channels"] == [{"id": app, "name": "App"}]


async def test_unknown_members_are_refused_by_name(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    location_id, web = await make_location(tx), await make_sales_channel(tx)

    answer = await admin.post(
        f"{PATH}/{location_id}/sales-channels?fields=sales_channels.name",
        json={"add": [web, "sc_none", "sc_no"]},
    )

    assert answer.status_code == 404
    assert "sc_none, sc_no" in answer.json()["message"]
    assert await tx.fetchval("SELECT count(*) FROM sales_channel_stock_location") == 0


async def test_a_deleted_location_takes_its_stock(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    location_id, item_id = await make_location(tx), await make_item(tx)
    level_id = await make_level(tx, item_id, location_id, stocked=5)
    await tx.execute("UPDATE store SET default_location_id = $1", location_id)
    await admin.post(
        f"{PATH}/{location_id}/fulfillment-sets", json={"name": "Ship", "type": "shipping"}
    )

    answer = await admin.delete(f"{PATH}/{location_id}")

    assert answer.json() == {"id": location_id, "object": "stock_location", "deleted": True}
    item = (await admin.get(f"/admin/inventory-items/{item_id}")).json()["inventory_item"]
    assert (item["stocked_quantity"], item["location_levels"]) == (0, [])
    assert await tx.fetchval("SELECT default_location_id FROM store") is None
    events = await emitted(tx)
    assert events["stock-location.deleted"] == [location_id]
    assert events["inventory-level.deleted"] == [level_id]


async def test_reservations_of_nothing_go_with_their_location(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item, place)
    held = await make_reservation(tx, item, place, 0)

    good(await admin.delete(f"{PATH}/{place}"))

    refused(await admin.get(f"/admin/reservations/{held}"), 404)


async def test_a_location_where_something_is_reserved_stays(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    location_id, item_id = await make_location(tx), await make_item(tx)
    await make_level(tx, item_id, location_id, stocked=5, reserved=1)

    answer = await admin.delete(f"{PATH}/{location_id}")

    assert (answer.status_code, answer.json()["type"]) == (400, "not_allowed")
    assert (await admin.get(f"{PATH}/{location_id}")).status_code == 200


async def test_an_unknown_location_is_not_found(admin: httpx.AsyncClient) -> None:
    path = f"{PATH}/sloc_none"
    answers = [
        await admin.get(path),
        await admin.post(path, json={"name": "x"}),
        await admin.post(f"{path}/sales-channels", json={}),
        await admin.post(f"{path}/fulfillment-providers", json={}),
        await admin.post(f"{path}/fulfillment-sets", json={"name": "x", "type": "y"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


@pytest.mark.commits
async def test_a_location_gets_one_address_from_two_requests(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    location_id = await make_location(tx)

    answers = await asyncio.gather(
        *(admin.post(f"{PATH}/{location_id}", json={"address": ADDRESS}) for _ in range(4))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await tx.fetchval("SELECT count(*) FROM stock_location_address") == 1
