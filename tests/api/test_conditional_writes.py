"""ETag, If-None-Match and If-Match: nothing is read twice in vain or changed unseen."""

import asyncio

import pytest

from tests.answers import good
from tests.factories.products import make_product, prices, variant
from tests.workflows.support import contents


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
