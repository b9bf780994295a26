"""Changes of the same rows at the same time: all are made or refused, none is half lost."""

import asyncio

import pytest

from tests.factories.products import (
    grid,
    link,
    make_item,
    make_product,
    make_variant,
    prices,
    variant,
    variants,
)
from tests.workflows.support import holding, loose_ends, post_all, until_waiting

pytestmark = pytest.mark.commits

PRICES = "SELECT id, currency_code, amount FROM price WHERE deleted_at IS NULL ORDER BY id"
SKUS = "SELECT sku FROM product_variant WHERE deleted_at IS NULL ORDER BY sku"


async def test_swaps_of_skus_at_the_same_time_end_in_one_of_their_orders(admin, tx):
    options = grid(4)
    product = await make_product(tx, options=options, variants=variants(options, 2))
    one, two = product.variant_ids
    swaps = [
        [{"id": one, "sku": "SKU-1"}, {"id": two, "sku": "SKU-0"}],
        [{"id": two, "sku": "SKU-1"}, {"id": one, "sku": "SKU-0"}],
    ]
    path = f"/admin/products/{product.id}/variants/batch?fields=id"

    for _ in range(20):
        answers = await post_all(admin, path, [{"update": swap} for swap in swaps * 4])

        assert {answer.status_code for answer in answers} == {200}
        assert [record[0] for record in await tx.fetch(SKUS)] == ["SKU-0", "SKU-1"]


async def test_batches_that_hand_skus_over_crosswise_are_made_or_refused(admin, tx):
    options = grid(9)
    for number in range(10):
        product = await make_product(tx, options=options, title=f"Shirt {number}")
        new = variants(options, 4)
        bodies = [{**body, "sku": f"{number}-{place}"} for place, body in enumerate(new)]
        path = f"/admin/products/{product.id}/variants/batch?fields=id"

        orders = [bodies, bodies[::-1], [bodies[2], bodies[0]], [bodies[3], bodies[1]]]
        answers = await post_all(admin, path, [{"create": order} for order in orders])

        assert {answer.status_code for answer in answers} <= {200, 400, 409}
        assert 200 in {answer.status_code for answer in answers}
        count = await tx.fetchval(
            "SELECT count(*) FROM product_variant WHERE product_id = $1", product.id
        )
        assert count == sum(len(answer.json().get("created", [])) for answer in answers)
    assert await loose_ends(tx) == {}


async def test_a_deadlock_is_made_again_and_leaves_the_other_one_alone(admin, tx, database):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, "Old")
    item_id = await make_item(tx)
    taking = variant(
        "New", inventory_items=[{"inventory_item_id": item_id, "required_quantity": 1}]
    )

    async with holding(database, "UPDATE inventory_item SET title = 'A'") as other:
        body = {"update": [{"id": variant_id, "title": "B"}], "create": [taking]}
        path = f"/admin/products/{product.id}/variants/batch"
        crossing = asyncio.create_task(admin.post(path, json=body))
        await until_waiting(database)
        # The session with the shorter deadlock_timeout is rolled back.
        await other.execute("SET LOCAL deadlock_timeout = '10s'")
        await other.execute("UPDATE product_variant SET title = 'A'")

    answer = await crossing
    # The other one committed first, so the retried request wins.
    assert answer.status_code == 200
    assert await tx.fetchval("SELECT title FROM inventory_item WHERE id = $1", item_id) == "A"
    titles = await tx.fetch("SELECT title FROM product_variant WHERE deleted_at IS NULL")
    assert sorted(record[0] for record in titles) == ["B", "New"]


async def test_prices_that_are_set_at_the_same_time_keep_their_ids(admin, tx):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, prices=prices(usd=1, eur=2))
    before = await tx.fetch(PRICES)
    path = f"/admin/products/{product.id}/variants/{variant_id}?fields=id"

    for number in range(10):
        bodies = [{"prices": prices(usd=10 * number + n, eur=n)} for n in range(1, 9)]
        answers = await post_all(admin, path, bodies)

        after = await tx.fetch(PRICES)
        assert {answer.status_code for answer in answers} == {200}
        assert [row[:2] for row in after] == [row[:2] for row in before]
        amounts = {row["currency_code"]: row["amount"] for row in after}
        assert {"prices": prices(**amounts)} in bodies


async def test_prices_that_are_added_at_the_same_time_are_there_once(admin, tx):
    product = await make_product(tx)

    for number in range(10):
        variant_id = await make_variant(tx, product.id, f"Shirt {number}", manage_inventory=False)
        path = f"/admin/products/{product.id}/variants/{variant_id}?fields=id"
        answers = await post_all(admin, path, [{"prices": prices(usd=1, eur=2)}] * 4)

        assert {answer.status_code for answer in answers} == {200}
        assert len(await tx.fetch(PRICES)) == 2 * (number + 1)


async def test_prices_of_one_variant_in_batch_and_alone_do_not_mix(admin, tx):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, prices=prices(usd=1))
    path = f"/admin/products/{product.id}/variants"

    for _ in range(10):
        alone, batch = await asyncio.gather(
            admin.post(f"{path}/{variant_id}?fields=id", json={"prices": prices(usd=1, eur=1)}),
            admin.post(
                f"{path}/batch?fields=id",
                json={"update": [{"id": variant_id, "prices": prices(usd=2, dkk=2)}]},
            ),
        )

        assert (alone.status_code, batch.status_code) == (200, 200)
        found = {row["currency_code"]: row["amount"] for row in await tx.fetch(PRICES)}
        assert found in ({"usd": 1, "eur": 1}, {"usd": 2, "dkk": 2})


@pytest.mark.parametrize("kind", ["product", "variant"])
async def test_metadata_keys_that_are_added_at_the_same_time_all_stay(admin, tx, kind):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id)
    path = f"/admin/products/{product.id}" + f"/variants/{variant_id}" * (kind == "variant")

    bodies = [{"metadata": {f"key {number}": number}} for number in range(8)]
    answers = await post_all(admin, path, bodies)

    assert {answer.status_code for answer in answers} == {200}
    table = {"product": "product", "variant": "product_variant"}[kind]
    metadata = await tx.fetchval(f"SELECT metadata FROM {table}")
    assert metadata == {f"key {number}": number for number in range(8)}


async def test_a_link_is_changed_before_it_is_deleted_or_not_at_all(admin, tx):
    product = await make_product(tx)
    variant_id = await make_variant(tx, product.id, manage_inventory=False)
    item_id = await make_item(tx, "S")
    path = f"/admin/products/{product.id}/variants/{variant_id}/inventory-items/{item_id}"

    for _ in range(20):
        await link(tx, product.id, variant_id, item_id)
        changed, deleted = await asyncio.gather(
            admin.post(path, json={"required_quantity": 2}), admin.delete(path)
        )

        assert deleted.status_code == 200
        assert changed.status_code in (200, 404)
        assert await tx.fetchval("SELECT count(*) FROM product_variant_inventory_item") == 0


async def test_stock_that_begins_to_be_managed_twice_gets_one_item(admin, tx):
    product = await make_product(tx)

    for number in range(10):
        variant_id = await make_variant(
            tx, product.id, f"Shirt {number}", sku=f"S-{number}", manage_inventory=False
        )
        path = f"/admin/products/{product.id}/variants/{variant_id}?fields=id"
        answers = await post_all(admin, path, [{"manage_inventory": True}] * 4)

        assert {answer.status_code for answer in answers} == {200}
        assert await tx.fetchval("SELECT count(*) FROM inventory_item") == number + 1
    assert await tx.fetchval("SELECT count(*) FROM product_variant_inventory_item") == 10


async def test_a_batch_holds_its_rows_in_one_order_whatever_becomes_of_them(admin, tx, database):
    options = grid(4)
    product = await make_product(tx, options=options, variants=variants(options, 2))
    first, second = sorted(product.variant_ids)
    path = f"/admin/products/{product.id}/variants/batch?fields=id"
    batch = {"delete": [second], "update": [{"id": first, "title": "New"}]}
    lock = "SELECT FROM product_variant WHERE id = $1 FOR UPDATE"

    async with holding(database, lock, first) as other:
        waiting = asyncio.create_task(admin.post(path, json=batch))
        await until_waiting(database)
        await other.execute(f"{lock} NOWAIT", second)

    assert (await waiting).status_code == 200
