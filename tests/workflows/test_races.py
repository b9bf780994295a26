"""Requests that want one thing at the same time: one gets it, the others are told why."""

import asyncio

import pytest

from tests.factories.products import grid, make_product, make_variant, variant, variants
from tests.workflows.support import loose_ends, post_all, until_waiting, winner_and_losers

pytestmark = pytest.mark.commits

RACES = pytest.mark.parametrize(("racers", "rounds"), [(2, 20), (8, 5)])


def taken(what, name, value):
    return (400, "invalid_data", f"{what} with {name}: {value}, already exists.")


@RACES
@pytest.mark.parametrize("code", ["sku", "ean"])
async def test_one_of_the_requests_for_one_code_wins(admin, tx, racers, rounds, code):
    product = await make_product(tx)
    path = f"/admin/products/{product.id}/variants?fields=id"

    for number in range(rounds):
        value = f"{code} {number}"
        answers = await post_all(admin, path, [variant(**{code: value})] * racers)

        _, told = winner_and_losers(answers)
        assert set(told) == {taken("Product variant", code, value)}
    assert await loose_ends(tx) == {}


@RACES
async def test_one_of_the_requests_for_one_combination_wins(admin, tx, racers, rounds):
    options = grid(rounds)
    product = await make_product(tx, options=options)
    path = f"/admin/products/{product.id}/variants?fields=id"

    for body in variants(options, rounds, sku=None):
        answers = await post_all(admin, path, [body] * racers)

        _, told = winner_and_losers(answers)
        message = f"Variant ({body['title']}) with provided options already exists."
        assert set(told) == {(400, "invalid_data", message)}
    assert await loose_ends(tx) == {}


@RACES
async def test_one_of_the_requests_for_one_handle_wins(admin, tx, racers, rounds):
    for number in range(rounds):
        handle = f"shirt-{number}"
        option = {"title": "Color", "values": ["Blue"]}
        body = {"title": "Shirt", "handle": handle, "options": [option]}
        answers = await post_all(admin, "/admin/products?fields=id", [body] * racers)

        _, told = winner_and_losers(answers)
        assert set(told) == {taken("Product", "handle", handle)}
    assert await tx.fetchval("SELECT count(*) FROM product_product_option") == rounds


@RACES
async def test_one_of_the_requests_for_one_stock_sku_wins(admin, racers, rounds):
    for number in range(rounds):
        bodies = [{"sku": f"S-{number}"}] * racers
        answers = await post_all(admin, "/admin/inventory-items?fields=id", bodies)

        _, told = winner_and_losers(answers)
        assert set(told) == {taken("Inventory item", "sku", f"S-{number}")}


async def test_a_variant_and_an_inventory_item_do_not_both_get_a_sku(admin, tx):
    product = await make_product(tx)
    path = f"/admin/products/{product.id}/variants?fields=id"

    for number in range(20):
        answers = await asyncio.gather(
            admin.post(path, json=variant(sku=f"S-{number}")),
            admin.post("/admin/inventory-items?fields=id", json={"sku": f"S-{number}"}),
        )

        _, told = winner_and_losers(answers)
        assert told == [taken("Inventory item", "sku", f"S-{number}")]
    assert await loose_ends(tx) == {}


@pytest.mark.parametrize("code", ["sku", "ean", "upc", "barcode"])
async def test_who_wants_a_code_waits_for_who_is_about_to_get_it(admin, tx, database, code):
    product = await make_product(tx)
    path = f"/admin/products/{product.id}/variants"

    async with database.write() as first:
        await make_variant(first, product.id, **{code: "1"})
        second = asyncio.create_task(admin.post(path, json=variant(**{code: "1"})))
        await until_waiting(database)

    _, told = winner_and_losers([await second, await admin.get(path)])
    assert told == [taken("Product variant", code, "1")]


async def test_who_waited_for_a_code_gets_it_when_the_other_fails(admin, tx, database):
    product = await make_product(tx)

    async with database.read() as first:
        undone = first.transaction()
        await undone.start()
        await make_variant(first, product.id, sku="1")
        path = f"/admin/products/{product.id}/variants"
        second = asyncio.create_task(admin.post(path, json=variant(sku="1")))
        await until_waiting(database)
        await undone.rollback()

    assert (await second).status_code == 200
    assert await loose_ends(tx) == {}


async def test_an_update_and_a_new_variant_do_not_both_get_a_combination(admin, tx):
    blue = {"options": {"Color": "Blue"}}

    for _ in range(20):
        product = await make_product(tx, handle="", title="Shirt")
        variant_id = await make_variant(tx, product.id, "Old")
        path = f"/admin/products/{product.id}/variants"
        answers = await asyncio.gather(
            admin.post(f"{path}/{variant_id}?fields=id", json=blue),
            admin.post(f"{path}?fields=id", json=variant("New", **blue)),
        )

        _, [(status, kind, message)] = winner_and_losers(answers)
        assert (status, kind) == (400, "invalid_data")
        assert message.endswith("with provided options already exists.")
        await admin.delete(f"/admin/products/{product.id}")
    assert await loose_ends(tx) == {}


@pytest.mark.parametrize("racers", [2, 8])
async def test_all_who_make_one_link_succeed_and_it_is_there_once(admin, tx, racers):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, manage_inventory=False)
    item = (await admin.post("/admin/inventory-items", json={"sku": "S"})).json()["inventory_item"]
    path = f"/admin/products/{product.id}/variants/inventory-items/batch"
    links = [
        {"variant_id": variant_id, "inventory_item_id": item["id"], "required_quantity": quantity}
        for quantity in range(1, racers + 1)
    ]

    answers = await post_all(admin, path, [{"create": [link]} for link in links])

    assert {answer.status_code for answer in answers} == {200}
    [record] = await tx.fetch("SELECT required_quantity FROM product_variant_inventory_item")
    assert record[0] in range(1, racers + 1)


@pytest.mark.parametrize("what", ["product", "product_variant", "inventory_item"])
async def test_a_link_that_waited_for_what_was_then_deleted_is_refused(admin, tx, database, what):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, manage_inventory=False)
    item = (await admin.post("/admin/inventory-items", json={"sku": "S"})).json()["inventory_item"]
    link = {"variant_id": variant_id, "inventory_item_id": item["id"], "required_quantity": 1}
    path = f"/admin/products/{product.id}/variants/inventory-items/batch"
    gone = {"product": product.id, "product_variant": variant_id, "inventory_item": item["id"]}

    async with database.write() as first:
        await first.execute(f"UPDATE {what} SET deleted_at = now() WHERE id = $1", gone[what])
        second = asyncio.create_task(admin.post(path, json={"create": [link]}))
        await until_waiting(database)

    answer = await second
    assert answer.status_code == 404, answer.text
    assert gone[what] in answer.json()["message"]
    assert await tx.fetch("SELECT FROM product_variant_inventory_item") == []
