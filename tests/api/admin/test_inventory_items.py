"""`/admin/inventory-items`: the things that are kept in stock."""

import asyncio

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.products import (
    COLORS,
    item_of,
    make_item,
    make_location,
    make_product,
    variant,
)
from tests.factories.stock import make_level, make_reservation
from tests.observed import emitted, forget_events, statements_of

PATH = "/admin/inventory-items"


async def test_a_page_is_one_statement(admin: httpx.AsyncClient, tx: Transaction) -> None:
    for number in range(3):
        item_id = await make_item(tx, f"wool-{number}")
        await make_level(tx, item_id, await make_location(tx), stocked=5)

    async with statements_of(tx) as statements:
        page = (await admin.get(f"{PATH}?limit=2&offset=1")).json()

    assert [item["sku"] for item in page["inventory_items"]] == ["wool-1", "wool-2"]
    assert (page["count"], page["limit"], page["offset"]) == (3, 2, 1)
    assert [item["stocked_quantity"] for item in page["inventory_items"]] == [5, 5]
    assert len([text for text in statements if "inventory_item" in text]) == 1


@pytest.mark.parametrize(
    ("_case", "query", "skus"),
    [
        ("by sku", "sku=wool", ["wool"]),
        ("by weight over", "weight[$gt]=5", ["wool"]),
        ("other than a weight", "weight[$ne]=5", ["wool"]),
        ("neither of two weights", "weight[$nin][]=10&weight[$nin][]=11", ["linen"]),
        ("by a location", "location_levels[location_id]=nowhere", []),
        ("by what is not asked of levels", "location_levels[nothing]=1", ["wool", "linen", "silk"]),
        ("by a code in q", "q=hs-7", ["linen"]),
    ],
)
async def test_items_are_filtered(
    admin: httpx.AsyncClient, tx: Transaction, _case: str, query: str, skus: list[str]
) -> None:
    await make_item(tx, "wool", weight=10)
    await make_item(tx, "linen", weight=5, hs_code="HS-77")
    await make_item(tx, "silk")

    found = (await admin.get(f"{PATH}?fields=sku&{query}")).json()

    assert [item["sku"] for item in found["inventory_items"]] == skus


async def test_an_item_is_made_with_its_stock(admin: httpx.AsyncClient, tx: Transaction) -> None:
    places = [await make_location(tx, f"Place {number}") for number in range(3)]
    levels = [{"location_id": place, "stocked_quantity": 1.5} for place in places]
    await forget_events(tx)

    answer = await admin.post(PATH, json={"sku": "wool", "location_levels": levels})

    item = answer.json()["inventory_item"]
    assert (item["sku"], item["stocked_quantity"], item["requires_shipping"]) == ("wool", 4.5, True)
    assert sorted(level["location_id"] for level in item["location_levels"]) == sorted(places)
    assert await emitted(tx) == {
        "inventory-item.created": [item["id"]],
        "inventory-level.created": [level["id"] for level in item["location_levels"]],
    }


async def test_the_number_of_levels_does_not_change_the_statements(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    places = [await make_location(tx) for _ in range(20)]
    counts: list[int] = []

    for taken in (places[:1], places):
        body = {"location_levels": [{"location_id": place} for place in taken]}
        async with statements_of(tx) as statements:
            assert (await admin.post(PATH, json=body)).status_code == 200
        counts.append(len(statements))

    assert counts[0] == counts[1]


async def test_an_unknown_location_leaves_nothing(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    levels = [{"location_id": await make_location(tx)}, {"location_id": "sloc_none"}]

    answer = await admin.post(PATH, json={"sku": "wool", "location_levels": levels})

    assert answer.status_code == 404
    assert answer.json()["message"] == "Stock locations with ids: sloc_none was not found"
    assert (await admin.get(PATH)).json()["count"] == 0


async def test_metadata_is_merged(admin: httpx.AsyncClient, tx: Transaction) -> None:
    item_id = await make_item(tx, metadata={"shelf": "a", "bin": 1})
    await forget_events(tx)

    answer = await admin.post(f"{PATH}/{item_id}", json={"metadata": {"bin": "", "row": 2}})

    assert answer.json()["inventory_item"]["metadata"] == {"shelf": "a", "row": 2}
    assert await emitted(tx) == {"inventory-item.updated": [item_id]}


async def test_an_unknown_item_is_not_updated(admin: httpx.AsyncClient, tx: Transaction) -> None:
    await forget_events(tx)
    for body in ({"title": "x"}, {"metadata": {"a": 1}}):
        answer = await admin.post(f"{PATH}/iitem_none", json=body)

        assert answer.status_code == 404
        assert answer.json()["message"] == 'InventoryItem with id "iitem_none" not found'
    assert await emitted(tx) == {}


async def test_a_deleted_item_takes_its_levels_and_links(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, variants=[variant(sku="coat", options=_option())])
    item_id = await item_of(tx, made.variant_ids[0])
    level_id = await make_level(tx, item_id, await make_location(tx), stocked=5)
    await forget_events(tx)

    answer = await admin.delete(f"{PATH}/{item_id}")

    assert answer.json() == {"id": item_id, "object": "inventory_item", "deleted": True}
    assert (await admin.get(f"{PATH}/{item_id}")).status_code == 404
    assert (await admin.get(f"{PATH}/{item_id}/location-levels")).json()["count"] == 0
    links = await admin.get(f"/admin/products/{made.id}?fields=*variants.inventory_items")
    assert links.json()["product"]["variants"][0]["inventory_items"] == []
    assert await emitted(tx) == {
        "inventory-item.deleted": [item_id],
        "inventory-level.deleted": [level_id],
    }


async def test_a_reserved_item_stays(admin: httpx.AsyncClient, tx: Transaction) -> None:
    item_id, location_id = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, location_id, stocked=5, reserved=1)

    answer = await admin.delete(f"{PATH}/{item_id}")

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data")
    assert answer.json()["message"] == (
        f"Cannot remove following inventory item(s) since they have reservations: [{item_id}]."
    )
    assert (await admin.get(f"{PATH}/{item_id}")).json()["inventory_item"]["stocked_quantity"] == 5


@pytest.mark.parametrize("level_goes_first", [False, True])
async def test_a_reservation_of_nothing_goes_with_its_item(
    admin: httpx.AsyncClient, tx: Transaction, *, level_goes_first: bool
) -> None:
    item_id, location_id = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, location_id, stocked=0)
    reservation_id = await make_reservation(tx, item_id, location_id, 0)
    if level_goes_first:
        good(await admin.delete(f"{PATH}/{item_id}/location-levels/{location_id}"))
    await forget_events(tx)

    good(await admin.delete(f"{PATH}/{item_id}"))

    text = "SELECT count(*) FROM reservation_item WHERE deleted_at IS NULL"
    assert await tx.fetchval(text) == 0
    assert (await emitted(tx))["reservation-item.deleted"] == [reservation_id]


async def test_a_broken_body_is_refused(admin: httpx.AsyncClient, tx: Transaction) -> None:
    item_id = await make_item(tx)

    for path in (PATH, f"{PATH}/{item_id}"):
        answer = await admin.post(
            path, content="{sku", headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
    assert (await admin.get(PATH)).json()["count"] == 1


@pytest.mark.commits
async def test_of_two_items_with_one_sku_one_is_made(admin: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(admin.post(PATH, json={"sku": "wool"}) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    messages = {a.json()["message"] for a in answers if a.status_code == 400}
    assert messages == {"Inventory item with sku: wool, already exists."}


@pytest.mark.commits
async def test_merges_of_metadata_at_once_lose_no_key(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id = await make_item(tx)

    await asyncio.gather(
        *(
            admin.post(f"{PATH}/{item_id}", json={"metadata": {f"key {number}": number}})
            for number in range(6)
        )
    )

    item = (await admin.get(f"{PATH}/{item_id}")).json()["inventory_item"]
    assert item["metadata"] == {f"key {number}": number for number in range(6)}


def _option() -> dict[str, str]:
    return {name: values[0] for name, values in COLORS.items()}
