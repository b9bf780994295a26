"""`/admin/price-lists`: what Merx adds to the recorded answers."""

import pytest

from tests.answers import good, problems, refused
from tests.factories.products import make_product, variant
from tests.observed import emitted

LISTS = "/admin/price-lists"


def listed(variant_id, **more):
    return {"variant_id": variant_id, "currency_code": "usd", "amount": 5, **more}


@pytest.fixture
async def variant_ids(tx):
    made = await make_product(tx, variants=[variant(), variant()])
    return made.variant_ids


@pytest.fixture
async def make_list(admin):
    async def make(*prices, **more):
        body = {"title": "Sale", "description": "", "prices": prices, **more}
        return good(await admin.post(LISTS, json=body))["price_list"]["id"]

    return make


async def prices_of(admin, list_id, **query):
    return good(await admin.get(f"{LISTS}/{list_id}/prices", params=query))["prices"]


async def test_each_price_names_its_variant(admin, make_list, variant_ids):
    one, other = variant_ids
    list_id = await make_list(listed(one), listed(other, amount=7))

    fields = {"fields": "prices.amount,prices.variant_id"}
    found = good(await admin.get(f"{LISTS}/{list_id}", params=fields))["price_list"]["prices"]

    assert {row["amount"]: row["variant_id"] for row in found} == {5: one, 7: other}


async def test_every_bad_price_is_named_and_nothing_is_written(admin, tx, make_list, variant_ids):
    one, other = variant_ids
    list_id = await make_list()
    rows = [
        listed(one),
        listed("variant_none"),
        listed(other, currency_code="zzz"),
        listed("variant_gone"),
    ]

    answer = await admin.post(f"{LISTS}/{list_id}/prices/batch", json={"create": rows})

    told = refused(answer, 404)
    assert told == "Variants with ids: variant_none, variant_gone were not found"
    assert set(problems(answer)) == {
        "create[1].variant_id",
        "create[3].variant_id",
        "create[2].currency_code",
    }
    answer = await admin.post(
        f"{LISTS}/{list_id}/prices/batch", json={"create": rows[:1] + rows[2:3]}
    )
    assert refused(answer) == "Currency with code: zzz was not found"
    assert list(problems(answer)) == ["create[1].currency_code"]
    body = {"title": "Next", "description": "", "prices": rows}
    created = problems(await admin.post(LISTS, json=body))
    assert list(created) == ["prices[1].variant_id", "prices[3].variant_id"]
    assert await tx.fetchval("SELECT count(*) FROM price_list") == 1
    assert await tx.fetchval("SELECT count(*) FROM price WHERE price_list_id IS NOT NULL") == 0


@pytest.mark.parametrize("word", ["update", "delete"])
async def test_prices_of_another_list_and_own_prices_are_refused(
    admin, tx, make_list, variant_ids, word
):
    one, other = variant_ids
    mine, theirs = await make_list(listed(one)), await make_list(listed(other))
    path = f"/admin/products/{await product_of(tx, one)}/variants/{one}"
    good(await admin.post(path, json={"prices": [{"currency_code": "usd", "amount": 9}]}))
    own = await tx.fetchval("SELECT id FROM price WHERE price_list_id IS NULL")
    [foreign], [present] = await prices_of(admin, theirs), await prices_of(admin, mine)
    ids = [present["id"], foreign["id"], own]
    rows = ids if word == "delete" else [listed(one, id=given, amount=1) for given in ids]

    answer = await admin.post(f"{LISTS}/{mine}/prices/batch", json={word: rows})

    assert foreign["id"] in refused(answer)
    paths = [path.removesuffix(".id") for path in problems(answer)]
    assert paths == [f"{word}[1]", f"{word}[2]"]
    amounts = await tx.fetch("SELECT amount FROM price WHERE deleted_at IS NULL ORDER BY amount")
    assert [record[0] for record in amounts] == [5, 5, 9]


async def product_of(tx, variant_id):
    return await tx.fetchval("SELECT product_id FROM product_variant WHERE id = $1", variant_id)


async def test_prices_are_read_page_by_page(admin, make_list, variant_ids):
    rows = [listed(variant_ids[0], min_quantity=n, amount=20 - n) for n in range(1, 8)]
    list_id = await make_list(*rows)

    pages = [await prices_of(admin, list_id, limit=3, offset=at) for at in (0, 3, 6)]
    dearest = await prices_of(admin, list_id, limit=1, order="-amount")

    assert [len(page) for page in pages] == [3, 3, 1]
    assert len({price["id"] for page in pages for price in page}) == 7
    assert dearest[0]["amount"] == 19


async def test_events_tell_of_lists_and_their_prices(admin, tx, make_list, variant_ids):
    one, other = variant_ids
    list_id = await make_list(listed(one))
    [first] = await prices_of(admin, list_id)
    batch = {"create": [listed(other)], "update": [listed(one, id=first["id"], amount=4)]}
    made = good(await admin.post(f"{LISTS}/{list_id}/prices/batch", json=batch))
    second = made["created"][0]["id"]
    good(await admin.post(f"{LISTS}/{list_id}/prices/batch", json={"delete": [second]}))
    good(await admin.post(f"{LISTS}/{list_id}", json={"title": "New"}))
    good(await admin.delete(f"{LISTS}/{list_id}"))

    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"price-list.{what}"] == [list_id]
    assert events["price.created"] == [first["id"], second]
    assert events["price.updated"] == [first["id"]]
    assert events["price.deleted"] == [second]


async def test_a_deleted_list_leaves_no_price_and_no_rule(admin, tx, make_list, variant_ids):
    rules = {"season": ["winter"]}
    list_id = await make_list(listed(variant_ids[0], rules={"a": "b"}), rules=rules)

    good(await admin.delete(f"{LISTS}/{list_id}"))

    for table in ("price_list", "price_list_rule", "price", "price_rule"):
        assert await tx.fetchval(f"SELECT count(*) FROM {table} WHERE deleted_at IS NULL") == 0


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.30000000000000004", "0.30000000000000004"),
        ("1e-7", "0.0000001"),
        ("1e20", "100000000000000000000"),
        ("19.90", "19.9"),
    ],
)
async def test_amounts_are_exact(admin, make_list, variant_ids, amount, text):
    list_id = await make_list(status="active")
    row = f'{{"variant_id": "{variant_ids[0]}", "currency_code": "usd", "amount": {amount}}}'
    headers = {"content-type": "application/json"}
    path = f"{LISTS}/{list_id}/prices/batch"
    good(await admin.post(path, content=f'{{"create": [{row}]}}', headers=headers))

    [price] = await prices_of(admin, list_id, fields="amount,raw_amount")

    assert price["amount"] == float(amount)
    assert price["raw_amount"] == {"value": text, "precision": 20}
