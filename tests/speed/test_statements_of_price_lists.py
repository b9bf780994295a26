"""Price lists are read in one statement and changed in place, however many prices they have."""

import time

import pytest

from tests.answers import good
from tests.factories.products import grid, make_product, variants

LISTS = "/admin/price-lists"
SIZES = (1, 10, 50)
LONG = 100_000
# Prices of one list, all of one variant: what they cost is what their number costs.
FILL = """
INSERT INTO price (id, price_set_id, price_list_id, currency_code, amount, min_quantity)
SELECT 'price_l' || n, v.price_set_id, $1, 'usd', n, n
FROM product_variant v, generate_series(1, $3::int) n WHERE v.id = $2"""


async def make_list(admin, **more):
    body = {"title": "Sale", "description": "", **more}
    return good(await admin.post(LISTS, json=body))["price_list"]["id"]


def listed(variant_ids, **more):
    return [
        {"variant_id": given, "currency_code": "usd", "amount": 5, **more} for given in variant_ids
    ]


@pytest.fixture
async def product(tx):
    options = grid(max(SIZES))
    return await make_product(tx, options=options, variants=variants(options, max(SIZES)))


@pytest.fixture
def variant_ids(product):
    return product.variant_ids


async def change_in(admin, list_id, batch):
    return good(await admin.post(f"{LISTS}/{list_id}/prices/batch", json=batch))


async def test_a_batch_takes_as_many_statements_whatever_its_size(admin, variant_ids, statements):
    found = {}
    for size in SIZES:
        list_id = await make_list(admin)
        rows = listed(variant_ids[:size], rules={"season": "winter"})
        made = await change_in(admin, list_id, {"create": rows + listed(variant_ids[:size])})
        ids = [price["id"] for price in made["created"]]
        batch = {
            "delete": ids[:size],
            "update": [{**row, "id": given} for row, given in zip(rows, ids[size:], strict=True)],
            "create": rows,
        }
        path = f"{LISTS}/{list_id}/prices/batch"
        found[size] = await statements.of(admin.post(path, json=batch))

    assert {size: len(taken) for size, taken in found.items()} == dict.fromkeys(SIZES, 19), found


async def test_writes_of_lists_take_as_many_statements_whatever_their_size(
    admin, product, variant_ids, statements
):
    found = {}
    for size in SIZES:
        rules = {f"attribute {n}": ["value"] for n in range(size)}
        prices = listed(variant_ids[:size])
        body = {"title": "Sale", "description": "", "rules": rules, "prices": prices}
        created = await statements.of(admin.post(LISTS, json=body))
        list_id = await make_list(admin, prices=prices, rules=rules)
        path = f"{LISTS}/{list_id}"
        updated = await statements.of(admin.post(path, json={"rules": rules}))
        taken = {"remove": [product.id]}
        removed = await statements.of(admin.post(f"{path}/products", json=taken))
        deleted = await statements.of(admin.delete(path))
        found[size] = [len(taken) for taken in (created, updated, removed, deleted)]

    assert found == dict.fromkeys(SIZES, found[1])
    assert found[1] == [6, 5, 6, 5]


@pytest.mark.slow
@pytest.mark.commits
async def test_one_price_of_a_hundred_thousand_is_changed_in_place(
    admin, tx, variant_ids, statements
):
    list_id = await make_list(admin, prices=listed(variant_ids[:1]))
    [first] = good(await admin.get(f"{LISTS}/{list_id}/prices"))["prices"]
    path = f"{LISTS}/{list_id}/prices/batch"

    def update(price_id):
        [row] = listed(variant_ids[:1])
        return admin.post(path, json={"update": [{**row, "id": price_id, "amount": 7}]})

    few = await statements.of(update(first["id"]))
    # What the rows refer to is there; 300,000 look-ups would say so.
    await tx.execute("SET session_replication_role = replica")
    await tx.execute(FILL, list_id, variant_ids[0], LONG)
    await tx.execute("RESET session_replication_role")
    started = time.perf_counter()
    many = await statements.of(update("price_l777"))
    took = time.perf_counter() - started

    assert many == few
    assert took < 1
    read = await statements.of(admin.get(f"{LISTS}/{list_id}/prices?limit=2&offset=99000"))
    assert len(read) == 1
    changed = await tx.fetch("SELECT id FROM price WHERE amount = 7")
    assert {record[0] for record in changed} == {first["id"], "price_l7", "price_l777"}
