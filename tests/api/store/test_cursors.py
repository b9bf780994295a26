"""Pages behind a cursor: every row once, whatever is added meanwhile; foreign cursors refused."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.products import COLORS, make_product, prices, variants
from tests.factories.window import Window
from tests.statements import noted

PATH = "/store/products"
ORDERS = ("", "title", "-title", "subtitle", "-subtitle,title", "created_at", "-created_at",
          "variants.calculated_price", "-variants.calculated_price", "weight,-id",
          "collection.title", "is_giftcard")  # fmt: skip


async def add(tx: Transaction, window: Window, number: int) -> None:
    channel = await tx.fetchval(
        "SELECT sales_channel_id FROM product_sales_channel WHERE product_id = $1",
        window.ids["products"],
    )
    await make_product(
        tx,
        f"Mug {number % 4}",
        handle=f"mug-{number}",
        subtitle=None if number % 3 else f"Sub {number % 2}",
        weight=None if number % 2 else number % 5,
        status="published",
        variants=variants(COLORS, 1, sku=f"MUG-{number}", prices=prices(eur=number % 3 + 1)),
        sales_channels=[{"id": channel}],
    )


@pytest.fixture
async def shelf(tx: Transaction, window: Window) -> Window:
    for number in range(8):
        await add(tx, window, number)
    return window


async def listed(client: httpx.AsyncClient, window: Window, **query: Any) -> dict[str, Any]:
    asked = {"region_id": window.region_id, "fields": "id", **query}
    return good(await client.get(PATH, params=asked, headers=window.headers))


async def walked(client: httpx.AsyncClient, window: Window, **query: Any) -> list[str]:
    """The ids of all pages, one behind the other."""
    ids, after = list[str](), ""
    while after is not None:
        page = await listed(client, window, after=after, **query)
        assert "offset" not in page
        ids.extend(product["id"] for product in page["products"])
        after = page["after"]
    return ids


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_behind_cursors_are_the_list(
    client: httpx.AsyncClient, shelf: Window, order: str
) -> None:
    query = {"order": order} if order else {}
    whole = await listed(client, shelf, limit=100, **query)

    for limit in (2, 3, 9, 100):
        ids = await walked(client, shelf, limit=limit, **query)
        assert ids == [product["id"] for product in whole["products"]], limit
    assert whole["count"] == 9


async def test_what_is_added_or_deleted_before_a_cursor_moves_nothing(
    tx: Transaction, client: httpx.AsyncClient, shelf: Window
) -> None:
    first = await listed(client, shelf, after="", limit=3, order="-created_at")
    rest = await walked_from(client, shelf, first["after"])
    await tx.execute("UPDATE product SET deleted_at = now() WHERE id = $1",
                     first["products"][0]["id"])  # fmt: skip
    await add(tx, shelf, 100)
    await tx.execute("UPDATE product SET created_at = now() + interval '1 day'"
                     " WHERE handle = 'mug-100'")  # fmt: skip

    assert await walked_from(client, shelf, first["after"]) == rest
    assert len(rest) == 6


async def walked_from(client: httpx.AsyncClient, window: Window, after: str) -> list[str]:
    page = await listed(client, window, after=after, limit=100, order="-created_at")
    return [product["id"] for product in page["products"]]


async def test_a_page_behind_a_cursor_takes_one_statement(
    app: FastAPI, client: httpx.AsyncClient, shelf: Window
) -> None:
    first = await listed(client, shelf, after="", limit=3, order="title")
    again = {"after": first["after"], "limit": 3, "order": "title"}
    await listed(client, shelf, **again)
    with noted(app) as statements:
        assert (
            len(await statements.all_of(client.get(PATH, params=again, headers=shelf.headers))) == 1
        )


async def test_cursors_of_others_are_refused(client: httpx.AsyncClient, shelf: Window) -> None:
    async def ask(**query: str) -> str:
        return refused(await client.get(PATH, params=query, headers=shelf.headers))

    after = (await listed(client, shelf, after="", limit=3, order="weight"))["after"]
    other = "Invalid request: 'after' is a cursor of another list or order"
    assert await ask(after=after, order="-weight") == other
    assert await ask(after=after) == other
    assert await ask(after=after, order="weight", offset="0") == (
        "Invalid request: 'after' and 'offset' exclude each other"
    )
    mark = held(after)[0]
    nothing = "Invalid request: 'after' is not a cursor of this list"
    for keys in (
        [], [mark], [mark, "1"], [mark, "1", None], [mark, "NaN", "a"], [mark, "1e999999999", "a"],
        [mark, "1\0", "a"], [mark, "1", "a\0"], [mark, {}, "a"], [mark, "1", "a", "b"], {}, 3, None,
    ):  # fmt: skip
        assert await ask(after=packed(keys), order="weight") in (nothing, other), keys
    for text in ("x", "%", "a" * 30_000, "ü", "bnVsbA"):
        assert await ask(after=text, order="weight") == nothing, text
    twice = await client.get(PATH, params={"after[]": "a"}, headers=shelf.headers)
    assert refused(twice) == "Invalid request: Expected type: 'string' for field 'after', got: 'a'"
    tags = await client.get("/store/product-tags", params={"after": after}, headers=shelf.headers)
    assert refused(tags) == other


async def test_lists_of_admins_and_of_groups_have_cursors_too(
    client: httpx.AsyncClient, admin: httpx.AsyncClient, shelf: Window
) -> None:
    ids, after = list[str](), ""
    while after is not None:
        query = {"after": after, "limit": 5, "fields": "id", "order": "-title"}
        page = good(await admin.get("/admin/products", params=query))
        ids.extend(product["id"] for product in page["products"])
        after = page["after"]
    whole = good(await admin.get("/admin/products", params={"fields": "id", "order": "-title"}))
    assert ids == [product["id"] for product in whole["products"]]

    tags = await client.get("/store/product-tags?after=&limit=1", headers=shelf.headers)
    assert len(good(tags)["product_tags"]) == 1
    assert good(tags)["after"]


def held(cursor: str) -> list[Any]:
    return orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def packed(keys: object) -> str:
    return urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")
