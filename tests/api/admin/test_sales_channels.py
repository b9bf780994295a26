"""`/admin/sales-channels`: where products are offered."""

import asyncio

import httpx
import pytest

from merx.core.database import Transaction
from tests.factories.products import make_location, make_product, make_sales_channel
from tests.observed import emitted, forget_events, statements_of

PATH = "/admin/sales-channels"


async def test_a_channel_comes_changes_and_goes(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await admin.post(PATH, json={"name": "Web", "metadata": {"a": 1}})
    channel_id = made.json()["sales_channel"]["id"]
    changed = await admin.post(f"{PATH}/{channel_id}", json={"is_disabled": True})
    gone = await admin.delete(f"{PATH}/{channel_id}")

    assert made.json()["sales_channel"]["is_disabled"] is False
    channel = changed.json()["sales_channel"]
    assert (channel["name"], channel["is_disabled"], channel["metadata"]) == ("Web", True, {"a": 1})
    assert gone.json() == {"id": channel_id, "object": "sales-channel", "deleted": True}
    assert (await admin.get(f"{PATH}/{channel_id}")).status_code == 404
    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"sales-channel.{what}"] == [channel_id]


async def test_a_page_is_one_statement(admin: httpx.AsyncClient, tx: Transaction) -> None:
    ids = [await make_sales_channel(tx, f"Channel {number}") for number in range(3)]

    async with statements_of(tx) as statements:
        page = (await admin.get(f"{PATH}?q=channel 2&fields=*stock_locations")).json()

    assert [channel["id"] for channel in page["sales_channels"]] == [ids[2]]
    assert len([text for text in statements if "sales_channel" in text]) == 1


async def test_channels_are_found_by_location_and_key(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    location_id, web = await make_location(tx), await make_sales_channel(tx)
    await make_sales_channel(tx, "App")
    await admin.post(f"/admin/stock-locations/{location_id}/sales-channels", json={"add": [web]})

    at_location = (await admin.get(f"{PATH}?fields=name&location_id={location_id}")).json()
    of_no_key = (await admin.get(f"{PATH}?fields=name&publishable_key_id=apk_none")).json()

    assert [channel["name"] for channel in at_location["sales_channels"]] == ["Web"]
    assert of_no_key["count"] == 0


async def test_the_default_channel_stays(admin: httpx.AsyncClient, tx: Transaction) -> None:
    channel_id = await make_sales_channel(tx)
    await tx.execute("UPDATE store SET default_sales_channel_id = $1", channel_id)

    answer = await admin.delete(f"{PATH}/{channel_id}")

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data")
    assert answer.json()["message"] == f"Cannot delete default sales channels: {channel_id}"


async def test_a_deleted_channel_leaves_no_links(admin: httpx.AsyncClient, tx: Transaction) -> None:
    channel_id, location_id = await make_sales_channel(tx), await make_location(tx)
    made = await make_product(tx)
    await admin.post(f"{PATH}/{channel_id}/products", json={"add": [made.id]})
    await admin.post(
        f"/admin/stock-locations/{location_id}/sales-channels", json={"add": [channel_id]}
    )

    await admin.delete(f"{PATH}/{channel_id}")

    for table in ("product_sales_channel", "sales_channel_stock_location"):
        left = await tx.fetchval(
            f"SELECT count(*) FROM {table} WHERE sales_channel_id = $1", channel_id
        )
        assert left == 0


async def test_products_come_and_go_whatever_their_number(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    channel_id = await make_sales_channel(tx)
    products = [(await make_product(tx, f"Shirt {number}")).id for number in range(6)]
    path = f"{PATH}/{channel_id}/products"
    counts: list[int] = []
    await forget_events(tx)

    for ids in (products[:1], products[1:]):
        async with statements_of(tx) as statements:
            await admin.post(path, json={"add": ids})
        counts.append(len(statements))
    await admin.post(path, json={"remove": products[:5]})

    assert counts[0] == counts[1]
    left = await admin.get(f"/admin/products?sales_channel_id={channel_id}&fields=id")
    assert [product["id"] for product in left.json()["products"]] == products[5:]
    assert await emitted(tx) == {
        "sales-channel.updated": [channel_id] * 3,
        "product.updated": [*products, *products[:5]],
    }


async def test_an_unknown_product_is_refused(admin: httpx.AsyncClient, tx: Transaction) -> None:
    channel_id = await make_sales_channel(tx)

    answer = await admin.post(f"{PATH}/{channel_id}/products", json={"add": ["prod_none"]})

    assert answer.status_code == 404
    assert "prod_none" in answer.json()["message"]


@pytest.mark.commits
async def test_one_product_is_offered_once_by_two_requests(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    channel_id = await make_sales_channel(tx)
    products = [(await make_product(tx, f"Shirt {number}")).id for number in range(5)]
    orders = [products, products[::-1]] * 3

    answers = await asyncio.gather(
        *(admin.post(f"{PATH}/{channel_id}/products", json={"add": ids}) for ids in orders)
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await tx.fetchval("SELECT count(*) FROM product_sales_channel") == 5
