"""ETag, If-None-Match and If-Match: no needless second read, and no lost updates."""

import asyncio

import pytest

from tests.answers import good
from tests.factories.products import make_product, prices, variant
from tests.workflows.support import contents, holding, until_waiting


@pytest.fixture
async def product(tx):
    return await make_product(tx, variants=[variant(sku="OLD", prices=prices(usd=1))])


async def tag(admin, path):
    answer = await admin.get(path)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


async def test_what_is_known_is_not_sent_again(admin, product):
    path = f"/admin/products/{product.id}"
    etag = await tag(admin, path)

    again = await admin.get(path, headers={"if-none-match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag


async def test_a_change_of_any_part_gives_another_tag(admin, product):
    path = f"/admin/products/{product.id}"
    before = await tag(admin, path)

    price = {"prices": prices(usd=2)}
    good(await admin.post(f"{path}/variants/{product.variant_ids[0]}", json=price))

    assert await tag(admin, path) != before


async def test_a_change_with_the_current_tag_is_made(admin, product):
    path = f"/admin/products/{product.id}"
    headers = {"if-match": await tag(admin, path)}

    answer = await admin.post(path, json={"title": "New"}, headers=headers)

    assert good(answer)["product"]["title"] == "New"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_a_change_with_an_old_tag_is_refused_and_told_the_current_one(
    admin, tx, product, method
):
    path = f"/admin/products/{product.id}"
    old = await tag(admin, path)
    good(await admin.post(path, json={"title": "Meanwhile"}))
    before = await contents(tx)

    body = {"title": "Mine"} if method == "POST" else None
    answer = await admin.request(method, path, json=body, headers={"if-match": old})

    assert (answer.status_code, answer.json()["type"]) == (412, "precondition_failed")
    assert answer.headers["etag"] == await tag(admin, path)
    assert await contents(tx) == before


async def test_plain_things_have_conditions_too(admin):
    made = good(await admin.post("/admin/product-tags", json={"value": "a"}))["product_tag"]
    path = f"/admin/product-tags/{made['id']}"
    headers = {"if-match": await tag(admin, path)}

    first = await admin.post(path, json={"value": "b"}, headers=headers)
    second = await admin.post(path, json={"value": "c"}, headers=headers)

    assert (first.status_code, second.status_code) == (200, 412)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/products/prod_none", 412),
        ("/admin/products/{}/variants/batch", 412),
        ("/admin/orders/order_none/cancel", 400),
        ("/store/carts", 400),
    ],
)
async def test_a_condition_is_never_passed_over(admin, product, path, status):
    headers = {"if-match": '"some"'}

    answer = await admin.post(path.format(product.id), json={}, headers=headers)

    assert answer.status_code == status, answer.text


@pytest.mark.commits
async def test_of_changes_at_once_one_meets_its_condition(admin, tx, product):
    path = f"/admin/products/{product.id}"
    headers = {"if-match": await tag(admin, path)}

    answers = await asyncio.gather(
        *(admin.post(path, json={"title": f"T{n}"}, headers=headers) for n in range(4))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


UNCONDITIONAL = {
    "the product": "UPDATE product SET title = 'Theirs' WHERE id = $1",
    "a variant, whose writers hold the product": """
        WITH held AS (SELECT id FROM product WHERE id = $1 FOR SHARE)
        UPDATE product_variant v SET title = 'Theirs' FROM held WHERE v.product_id = held.id""",
}


@pytest.mark.commits
@pytest.mark.parametrize("statement", UNCONDITIONAL.values(), ids=UNCONDITIONAL)
async def test_a_change_without_a_condition_does_not_slip_in_between(
    admin, tx, database, product, statement
):
    """It has not committed when the tag is compared; the conditional change waits for it."""
    path = f"/admin/products/{product.id}"
    headers = {"if-match": await tag(admin, path)}

    async with holding(database, statement, product.id):
        mine = asyncio.create_task(admin.post(path, json={"title": "Mine"}, headers=headers))
        await until_waiting(database)
    answer = await mine

    assert answer.status_code == 412, answer.text
    assert answer.headers["etag"] == await tag(admin, path)
    titles = await tx.fetchrow(
        "SELECT p.title, v.title FROM product p JOIN product_variant v ON v.product_id = p.id"
    )
    assert "Theirs" in titles.values()
    assert "Mine" not in titles.values()


@pytest.mark.commits
async def test_of_conditional_and_other_changes_at_once_none_is_lost(admin, tx, product):
    """Conditional increments, concurrent with unconditional writes of another field."""
    path = f"/admin/products/{product.id}"
    good(await admin.post(path, json={"metadata": {"count": 0}}))

    async def add() -> int:
        for tries in range(1, 100):
            seen = await admin.get(path)
            count = seen.json()["product"]["metadata"]["count"]
            answer = await admin.post(
                path,
                json={"metadata": {"count": count + 1}},
                headers={"if-match": seen.headers["etag"]},
            )
            if answer.status_code == 200:
                return tries
        raise AssertionError("never its turn")

    async def rename(number: int) -> None:
        answer = await admin.post(
            f"{path}/variants/{product.variant_ids[0]}", json={"title": f"T{number}"}
        )
        assert answer.status_code == 200, answer.text

    await asyncio.gather(*(add() for _ in range(3)), *(rename(number) for number in range(5)))

    assert (await tx.fetchval("SELECT metadata FROM product"))["count"] == 3
