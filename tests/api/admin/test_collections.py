"""`/admin/collections`: hand-picked groups of products."""

import asyncio

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.products import make_product
from tests.observed import emitted, forget_events, statements_of
from tests.workflows.support import post_all, winner_and_losers

PATH = "/admin/collections"


async def make_collection(admin: httpx.AsyncClient, title: str = "Summer") -> str:
    made = good(await admin.post(PATH, json={"title": title}))
    return made["collection"]["id"]


async def products_in(admin: httpx.AsyncClient, collection_id: str) -> list[str]:
    found = good(await admin.get(f"{PATH}/{collection_id}?fields=products.id"))
    return [product["id"] for product in found["collection"]["products"]]


async def test_a_collection_comes_changes_and_goes(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = good(await admin.post(PATH, json={"title": "Summer Sale", "metadata": {"a": 1}}))
    collection_id = made["collection"]["id"]
    body = {"title": "Sale", "metadata": {"b": 2}}
    changed = good(await admin.post(f"{PATH}/{collection_id}", json=body))["collection"]
    gone = good(await admin.delete(f"{PATH}/{collection_id}"))

    assert made["collection"]["handle"] == "summer-sale"
    assert (changed["title"], changed["handle"]) == ("Sale", "summer-sale")
    assert changed["metadata"] == {"a": 1, "b": 2}
    assert gone == {"id": collection_id, "object": "collection", "deleted": True}
    assert refused(await admin.get(f"{PATH}/{collection_id}"), 404)
    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"product-collection.{what}"] == [collection_id]


async def test_a_page_is_one_statement(admin: httpx.AsyncClient, tx: Transaction) -> None:
    for title in ("Summer", "Summer Sale", "Winter"):
        await make_collection(admin, title)

    async with statements_of(tx) as statements:
        page = good(await admin.get(f"{PATH}?q=summer&order=-title&fields=title,*products"))

    assert [row["title"] for row in page["collections"]] == ["Summer Sale", "Summer"]
    assert len([text for text in statements if "product_collection" in text]) == 1


async def test_products_come_and_go_whatever_their_number(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    collection_id = await make_collection(admin)
    products = [(await make_product(tx, f"Shirt {number}")).id for number in range(6)]
    path = f"{PATH}/{collection_id}/products"
    counts: list[int] = []
    await forget_events(tx)

    for ids in (products[:1], products[1:]):
        async with statements_of(tx) as statements:
            good(await admin.post(path, json={"add": ids}))
        counts.append(len(statements))
    good(await admin.post(path, json={"remove": products[:5]}))

    assert counts[0] == counts[1]
    assert await products_in(admin, collection_id) == products[5:]
    assert await emitted(tx) == {
        "product-collection.updated": [collection_id] * 3,
        "product.updated": [*products, *products[:5]],
    }


async def test_a_product_is_taken_out_of_its_own_collection_only(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    summer, winter = await make_collection(admin), await make_collection(admin, "Winter")
    made = await make_product(tx, collection_id=summer)

    good(await admin.post(f"{PATH}/{winter}/products", json={"remove": [made.id]}))

    assert await products_in(admin, summer) == [made.id]


async def test_unknown_products_are_named_and_nothing_is_put_in(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    collection_id, made = await make_collection(admin), await make_product(tx)
    body = {"add": [made.id, "prod_none", "prod_nothing"]}

    answer = await admin.post(f"{PATH}/{collection_id}/products", json=body)

    assert answer.status_code == 404
    assert set(problems(answer)) == {"add[1]", "add[2]"}
    assert await products_in(admin, collection_id) == []


@pytest.mark.commits
async def test_one_of_the_requests_for_one_handle_wins(admin: httpx.AsyncClient) -> None:
    for number in range(5):
        answers = await post_all(admin, PATH, [{"title": f"Summer {number}"}] * 6)

        _, told = winner_and_losers(answers)
        message = f"Product collection with handle: summer-{number}, already exists."
        assert set(told) == {(400, "invalid_data", message)}


@pytest.mark.commits
async def test_products_end_in_one_of_the_collections_that_want_them(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    collections = [await make_collection(admin, f"Number {number}") for number in range(4)]
    products = [(await make_product(tx, f"Shirt {number}")).id for number in range(5)]

    for _ in range(5):
        answers = await asyncio.gather(
            *(
                admin.post(f"{PATH}/{one}/products", json={"add": products[:: 1 - 2 * (n % 2)]})
                for n, one in enumerate(collections)
            )
        )

        assert {answer.status_code for answer in answers} == {200}
        holders = [await products_in(admin, one) for one in collections]
        assert sorted(map(len, holders)) == [0, 0, 0, 5]
