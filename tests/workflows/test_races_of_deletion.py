"""Rows deleted while others begin to refer to them: no live row refers to a deleted one."""

import asyncio

import pytest

from merx.workflows.catalogue.delete_products import delete_products
from merx.workflows.catalogue.variants import delete_variant
from tests.factories.products import (
    item_of,
    link,
    make_item,
    make_location,
    make_product,
    make_sales_channel,
    make_shipping_profile,
    make_variant,
    prices,
    variant,
)
from tests.factories.stock import make_level, make_reservation
from tests.workflows.support import holding, loose_ends, until_waiting

pytestmark = pytest.mark.commits

IS_LIVE = "SELECT deleted_at IS NULL FROM inventory_item WHERE id = $1"


async def test_no_variant_survives_on_a_product_that_is_deleted_at_the_same_time(admin, tx):
    new = variant(prices=prices(usd=1))

    for _ in range(20):
        product = await make_product(tx, variants=[variant()])
        path = f"/admin/products/{product.id}"
        batch = {"create": [new], "delete": product.variant_ids}
        created, deleted, batched = await asyncio.gather(
            admin.post(f"{path}/variants?fields=id", json=new),
            admin.delete(path),
            admin.post(f"{path}/variants/batch", json=batch),
        )

        assert deleted.status_code == 200
        assert {created.status_code, batched.status_code} <= {200, 404}
    assert await loose_ends(tx) == {}


async def test_a_new_variant_waits_for_the_deletion_of_its_product_and_is_refused(
    admin, tx, database
):
    product = await make_product(tx)

    async with database.write() as deleting:
        await delete_products(deleting, [product.id])
        path = f"/admin/products/{product.id}/variants/batch"
        creating = asyncio.create_task(admin.post(path, json={"create": [variant()]}))
        await until_waiting(database)

    assert (await creating).status_code == 404
    assert await tx.fetchval("SELECT count(*) FROM product_variant") == 0


async def test_the_deletion_of_a_product_waits_for_a_new_variant_and_takes_it_along(
    admin, tx, database
):
    product = await make_product(tx)

    async with database.write() as creating:
        await make_variant(creating, product.id, prices=prices(usd=1))
        deleting = asyncio.create_task(admin.delete(f"/admin/products/{product.id}"))
        await until_waiting(database)

    assert (await deleting).status_code == 200
    assert await loose_ends(tx) == {}


async def test_an_item_stays_when_another_variant_is_linked_while_its_own_is_deleted(
    admin, tx, database
):
    product = await make_product(tx)
    old = await make_variant(tx, product.id, sku="S")
    new = await make_variant(tx, product.id, manage_inventory=False)
    item_id = await item_of(tx, old)

    async with database.write() as linking:
        await link(linking, product.id, new, item_id)
        path = f"/admin/products/{product.id}/variants/{old}"
        deleting = asyncio.create_task(admin.delete(path))
        await until_waiting(database)

    assert (await deleting).status_code == 200
    assert await tx.fetchval(IS_LIVE, item_id) is True
    assert await loose_ends(tx) == {}


async def test_a_link_to_an_item_that_is_being_deleted_is_refused(admin, tx, database):
    product = await make_product(tx)
    old = await make_variant(tx, product.id, sku="S")
    new = await make_variant(tx, product.id, manage_inventory=False)
    item_id = await item_of(tx, old)

    async with database.write() as deleting:
        await delete_variant(deleting, product.id, old)
        path = f"/admin/products/{product.id}/variants/{new}/inventory-items"
        body = {"inventory_item_id": item_id, "required_quantity": 1}
        linking = asyncio.create_task(admin.post(path, json=body))
        await until_waiting(database)

    answer = await linking
    assert answer.status_code == 404
    assert answer.json()["message"] == f"Inventory Items with ids: {item_id} was not found"
    assert await loose_ends(tx) == {}


async def test_an_item_goes_when_its_last_two_variants_are_deleted_at_once(admin, tx, database):
    product = await make_product(tx)
    first = await make_variant(tx, product.id, sku="S")
    second = await make_variant(tx, product.id, manage_inventory=False)
    item_id = await item_of(tx, first)
    await link(tx, product.id, second, item_id)

    async with database.write() as deleting:
        await delete_variant(deleting, product.id, first)
        path = f"/admin/products/{product.id}/variants/{second}"
        also = asyncio.create_task(admin.delete(path))
        await asyncio.wait({also}, timeout=0.2)

    assert (await also).status_code == 200
    assert await tx.fetchval(IS_LIVE, item_id) is False
    assert await loose_ends(tx) == {}


async def test_a_variant_is_kept_when_its_stock_is_reserved_at_the_same_time(admin, tx, database):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, sku="S")
    item_id, location_id = await item_of(tx, variant_id), await make_location(tx)
    await make_level(tx, item_id, location_id, stocked=1)

    async with database.write() as reserving:
        await make_reservation(reserving, item_id, location_id, 1)
        path = f"/admin/products/{product.id}/variants/{variant_id}"
        deleting = asyncio.create_task(admin.delete(path))
        await until_waiting(database)

    answer = await deleting
    assert answer.status_code == 400
    assert "since they have reservations" in answer.json()["message"]
    assert await tx.fetchval(IS_LIVE, item_id) is True


async def test_a_sales_channel_that_goes_leaves_the_product_that_was_being_made_in_it(
    admin, tx, database
):
    channel_id = await make_sales_channel(tx)

    async with database.write() as creating:
        await make_product(creating, sales_channels=[{"id": channel_id}])
        deleting = asyncio.create_task(admin.delete(f"/admin/sales-channels/{channel_id}"))
        await until_waiting(database)

    assert (await deleting).status_code == 200
    assert await loose_ends(tx) == {}


@pytest.mark.parametrize(
    ("table", "make", "naming"),
    [
        ("sales_channel", make_sales_channel, lambda given: {"sales_channels": [{"id": given}]}),
        ("shipping_profile", make_shipping_profile, lambda given: {"shipping_profile_id": given}),
    ],
    ids=["sales channel", "shipping profile"],
)
async def test_a_product_in_something_that_is_being_deleted_is_refused(
    admin, tx, database, table, make, naming
):
    given = await make(tx)
    body = {"title": "Shirt", "options": [{"title": "Color", "values": []}], **naming(given)}

    delete = f"UPDATE {table} SET deleted_at = now() WHERE id = $1"
    async with holding(database, delete, given):
        creating = asyncio.create_task(admin.post("/admin/products", json=body))
        await until_waiting(database)

    answer = await creating
    assert answer.status_code == 404
    assert given in answer.json()["message"]
    assert await tx.fetchval("SELECT count(*) FROM product") == 0


async def test_a_variant_that_is_deleted_twice_at_once_is_told_of_once(admin, tx):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, sku="S", prices=prices(usd=1))
    path = f"/admin/products/{product.id}/variants/{variant_id}"

    answers = await asyncio.gather(*(admin.delete(path) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    events = await tx.fetch("SELECT name, ids FROM event WHERE name LIKE '%.deleted' ORDER BY name")
    assert [record["name"] for record in events] == [
        "inventory-item.deleted",
        "product-variant.deleted",
    ]


async def test_a_variant_is_not_changed_after_it_was_deleted(admin, tx, database):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, "Old", prices=prices(usd=1))

    async with database.write() as deleting:
        await delete_variant(deleting, product.id, variant_id)
        path = f"/admin/products/{product.id}/variants/{variant_id}"
        body = {"title": "New", "prices": prices(usd=2, eur=3)}
        changing = asyncio.create_task(admin.post(path, json=body))
        await until_waiting(database)

    assert (await changing).status_code == 404
    assert await tx.fetchval("SELECT title FROM product_variant") == "Old"
    assert await loose_ends(tx) == {}


async def test_an_item_that_is_deleted_is_given_to_no_new_variant(admin, tx):
    for number in range(20):
        product = await make_product(tx)
        item_id = await make_item(tx, f"S-{number}")
        links = [{"inventory_item_id": item_id, "required_quantity": 1}]
        created, deleted = await asyncio.gather(
            admin.post(
                f"/admin/products/{product.id}/variants?fields=id",
                json=variant(inventory_items=links),
            ),
            admin.delete(f"/admin/inventory-items/{item_id}"),
        )

        assert deleted.status_code == 200
        assert created.status_code in (200, 400)
        await delete_products(tx, [product.id])
    assert await loose_ends(tx) == {}
