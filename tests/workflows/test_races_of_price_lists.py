"""Price lists that are changed while others change them, delete them, or delete what they price."""

import asyncio

import pytest

from merx.workflows.catalogue.variants import delete_variant
from tests.answers import good, refused
from tests.factories.products import make_product, variant
from tests.factories.taxes import make_region
from tests.workflows.support import loose_ends, post_all, until_waiting

pytestmark = pytest.mark.commits

LISTS = "/admin/price-lists"
OF_DELETED_LISTS = """
SELECT count(*) FROM price p JOIN price_list l ON l.id = p.price_list_id
WHERE p.deleted_at IS NULL AND l.deleted_at IS NOT NULL"""


def listed(variant_id, **more):
    return {"variant_id": variant_id, "currency_code": "usd", "amount": 5, **more}


async def make_list(admin, *prices, **more):
    body = {"title": "Sale", "description": "", "prices": prices, **more}
    return good(await admin.post(LISTS, json=body))["price_list"]["id"]


async def prices_of(admin, list_id):
    page = good(await admin.get(f"{LISTS}/{list_id}/prices?limit=500"))
    return [price["id"] for price in page["prices"]]


async def test_batches_on_one_list_do_not_lock_each_other_out(admin, tx):
    product = await make_product(tx, variants=[variant()])
    [variant_id] = product.variant_ids
    prices = [listed(variant_id, min_quantity=n) for n in range(1, 21)]
    list_id = await make_list(admin, *prices)
    ids = await prices_of(admin, list_id)
    updates = [
        [listed(variant_id, id=given, amount=amount) for given in ids] for amount in (6, 7, 8, 9)
    ]

    path = f"{LISTS}/{list_id}/prices/batch"
    bodies = [{"update": rows[::step]} for rows, step in zip(updates, (1, -1, 1, -1), strict=True)]
    answers = await post_all(admin, path, bodies)

    assert {answer.status_code for answer in answers} == {200}
    amounts = await tx.fetch("SELECT DISTINCT amount FROM price WHERE price_list_id = $1", list_id)
    assert len(amounts) == 1


async def test_of_an_update_and_a_deletion_of_one_price_both_or_one_happen(admin, tx):
    product = await make_product(tx, variants=[variant()])
    [variant_id] = product.variant_ids

    for _ in range(10):
        list_id = await make_list(admin, listed(variant_id))
        [price_id] = await prices_of(admin, list_id)
        path = f"{LISTS}/{list_id}/prices/batch"
        new = listed(variant_id, currency_code="eur")
        updated, deleted = await post_all(
            admin,
            path,
            [
                {"update": [listed(variant_id, id=price_id, amount=6)], "create": [new]},
                {"delete": [price_id]},
            ],
        )

        assert deleted.status_code == 200
        if updated.status_code != 200:
            assert price_id in refused(updated)
        assert len(await prices_of(admin, list_id)) == updated.is_success


async def test_no_price_is_left_in_a_deleted_list(admin, tx):
    product = await make_product(tx, variants=[variant()])
    [variant_id] = product.variant_ids

    for _ in range(10):
        list_id = await make_list(admin)
        made, gone = await asyncio.gather(
            admin.post(f"{LISTS}/{list_id}/prices/batch", json={"create": [listed(variant_id)]}),
            admin.delete(f"{LISTS}/{list_id}"),
        )

        assert gone.status_code == 200
        assert made.status_code in (200, 404)
        assert await tx.fetchval(OF_DELETED_LISTS) == 0


async def test_a_price_waits_for_the_deletion_of_its_variant_and_is_refused(admin, tx, database):
    product = await make_product(tx, variants=[variant(), variant()])
    variant_id, other = product.variant_ids
    list_id = await make_list(admin, listed(variant_id))

    async with database.write() as deleting:
        await delete_variant(deleting, product.id, variant_id)
        path = f"{LISTS}/{list_id}/prices/batch"
        batch = {"create": [listed(other), listed(variant_id)]}
        asked = asyncio.create_task(admin.post(path, json=batch))
        await until_waiting(database)

    assert variant_id in refused(await asked, 404)
    assert await loose_ends(tx) == {}
    assert await prices_of(admin, list_id) == []


async def test_lists_and_variants_may_go_at_the_same_time(admin, tx):
    for _ in range(5):
        product = await make_product(tx, variants=[variant() for _ in range(3)])
        prices = [listed(given) for given in product.variant_ids]
        list_id = await make_list(admin, *prices)
        ids = await prices_of(admin, list_id)
        updates = [
            listed(given, id=price_id)
            for given, price_id in zip(product.variant_ids, ids, strict=True)
        ]
        path = f"{LISTS}/{list_id}/prices/batch"
        answers = await asyncio.gather(
            admin.delete(f"/admin/products/{product.id}"),
            admin.post(path, json={"update": updates[::-1], "create": prices}),
            admin.post(f"{LISTS}/{list_id}/products", json={"remove": [product.id]}),
        )

        assert {answer.status_code for answer in answers} <= {200, 400, 404, 409}
        assert answers[0].status_code in (200, 409)
        assert await loose_ends(tx) == {}


async def test_rules_for_a_deleted_region_are_met_by_nobody(admin, tx):
    region = await make_region(tx, "Here", "usd")
    own = [
        {"currency_code": "usd", "amount": 10},
        {"currency_code": "usd", "amount": 4, "rules": {"region_id": region}},
    ]
    product = await make_product(tx, variants=[variant(prices=own)])
    [variant_id] = product.variant_ids
    rules = {"region_id": [region]}
    await make_list(admin, listed(variant_id, amount=3), status="active", rules=rules)

    async def amount(**context):
        query = {"fields": "calculated_price", **context}
        path = f"/admin/products/{product.id}/variants/{variant_id}"
        price = good(await admin.get(path, params=query))["variant"]["calculated_price"]
        return price and price["calculated_amount"]

    before = await amount(region_id=region)
    deleted, changed = await asyncio.gather(
        admin.delete(f"/admin/regions/{region}"),
        admin.post(f"/admin/products/{product.id}/variants/{variant_id}", json={"prices": own}),
    )

    # If the region is deleted first, a rule on it is refused.
    assert deleted.status_code == 200
    assert changed.status_code in (200, 400)
    assert before == 3
    assert await amount(region_id=region) is None
    assert await amount(region_id=region, currency_code="usd") == 10


async def test_of_two_that_add_the_same_price_at_once_both_succeed_and_one_price_is_left(admin, tx):
    product = await make_product(tx, variants=[variant()])
    [variant_id] = product.variant_ids
    list_id = await make_list(admin)
    bodies = [{"create": [listed(variant_id, amount=amount)]} for amount in range(1, 9)]

    answers = await post_all(admin, f"{LISTS}/{list_id}/prices/batch", bodies)

    assert {answer.status_code for answer in answers} == {200}
    assert len(await prices_of(admin, list_id)) == 1
