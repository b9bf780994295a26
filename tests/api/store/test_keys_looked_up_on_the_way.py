"""Reads of the window presume a key as it was seen last; a key that changed is noticed at once."""

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.products import make_sales_channel
from tests.factories.window import Window, key_of, make_window
from tests.statements import noted

WRONG = "A valid publishable key is required to proceed with the request"
LISTS = ("products", "product-variants", "product-categories", "collections", "product-tags")


@pytest.fixture
async def window(tx: Transaction, client: httpx.AsyncClient) -> Window:
    """A shop whose key this process has seen."""
    made = await make_window(tx)
    good(await client.get("/store/products", headers=made.headers))
    return made


def paths(window: Window) -> list[str]:
    """Lists and single rows, which are there or not."""
    ones = [f"{name}/{window.ids[name]}" for name in LISTS if name in window.ids]
    return [f"/store/{path}" for path in (*LISTS, *ones, "products/prod_none", "collections/none")]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE api_key SET revoked_at = now()",
        "UPDATE api_key SET deleted_at = now()",
        "UPDATE api_key SET token = 'pk_' || id",
        "UPDATE api_key SET type = 'secret'",
    ],
)
async def test_a_key_that_is_none_any_more_opens_nothing(
    tx: Transaction, client: httpx.AsyncClient, window: Window, change: str
) -> None:
    await tx.execute(change)

    for path in paths(window):
        # The second time, the process has forgotten the key.
        for _ in range(2):
            answer = await client.get(path, headers=window.headers)
            assert (answer.status_code, answer.json()["message"]) == (400, WRONG), path


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM publishable_api_key_sales_channel",
        "UPDATE sales_channel SET deleted_at = now()",
        "UPDATE sales_channel SET is_disabled = true",
    ],
)
async def test_a_channel_that_was_taken_away_is_not_shown(
    tx: Transaction, client: httpx.AsyncClient, window: Window, change: str
) -> None:
    product = f"/store/products/{window.ids['products']}"
    channel = await tx.fetchval("SELECT sales_channel_id FROM publishable_api_key_sales_channel")
    await tx.execute(change)

    for _ in range(2):
        found = good(await client.get("/store/products", headers=window.headers))
        one = await client.get(product, headers=window.headers)
        named = await client.get(
            "/store/products", params={"sales_channel_id": channel}, headers=window.headers
        )
        assert (found["products"], found["count"]) == ([], 0)
        assert one.status_code == 404
        assert named.json()["message"].startswith("Requested sales channel is not part of")


async def test_a_channel_that_was_added_is_shown(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    before = good(await client.get("/store/products", headers=window.headers))["count"]
    new = await make_sales_channel(tx, "New")
    added = {"sales_channel_id": new}
    refused = await client.get("/store/products", params=added, headers=window.headers)
    await tx.execute(
        "INSERT INTO publishable_api_key_sales_channel (id, publishable_key_id, sales_channel_id)"
        " SELECT 'pksc_new', publishable_key_id, $1 FROM publishable_api_key_sales_channel",
        new,
    )
    await tx.execute(
        "INSERT INTO product_sales_channel (id, product_id, sales_channel_id)"
        " SELECT 'prodsc_' || id, id, $1 FROM product"
        " WHERE status = 'published' AND deleted_at IS NULL",
        new,
    )

    # The presumed channels refuse this one, and are looked up before anybody is told.
    named = good(await client.get("/store/products", params=added, headers=window.headers))
    after = good(await client.get("/store/products", headers=window.headers))

    assert refused.status_code == 400
    assert named["count"] == after["count"] > before


async def test_each_read_looks_the_key_up_in_its_own_statement(
    app: FastAPI, client: httpx.AsyncClient, window: Window
) -> None:
    with noted(app) as statements:
        for path in paths(window):
            status = 404 if path.endswith("none") else 200
            read = client.get(path, headers=window.headers)
            texts = await statements.all_of(read, status=status)
            assert len(texts) == 1, path
            assert "FROM api_key a WHERE a.token" in texts[0]


async def test_the_use_of_a_key_is_noted(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    await tx.execute("UPDATE api_key SET last_used_at = '2020-01-01'")

    good(await client.get("/store/products", headers=window.headers))

    [token] = window.headers.values()
    noted_at = "SELECT last_used_at > '2021-01-01' FROM api_key WHERE token = $1"
    assert await tx.fetchval(noted_at, token)


async def test_what_is_refused_is_refused_by_who_shows_a_live_key_only(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    wrong = {"limit": "x"}
    live = await client.get("/store/products", params=wrong, headers=window.headers)
    await tx.execute("UPDATE api_key SET revoked_at = now()")
    dead = await client.get("/store/products", params=wrong, headers=window.headers)

    assert live.json()["message"] != WRONG
    assert (dead.status_code, dead.json()["message"]) == (400, WRONG)


async def test_rows_that_are_shown_are_those_of_the_key_as_it_is(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    """Both of two storefronts with their own keys, by turns."""
    other = await key_of(tx, await make_sales_channel(tx, "Empty"))
    for _ in range(2):
        mine = good(await client.get("/store/products", headers=window.headers))["products"]
        theirs = good(await client.get("/store/products", headers=other))["products"]
        assert mine
        assert theirs == []
