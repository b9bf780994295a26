"""Pages that were read before are read without routing, and are what the routes would answer."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.api.store.known_pages import KnownPages
from merx.core.database import Transaction
from merx.settings import Settings
from tests.answers import good, refused
from tests.factories.customers import make_buyer
from tests.factories.window import Window, make_window
from tests.statements import noted

PATH = "/store/products"
VARIANTS = "/store/product-variants"
Close = Callable[[], None]


class Routed(Exception):
    """A request came to the routes."""


@pytest.fixture
async def window(tx: Transaction) -> Window:
    return await make_window(tx)


@pytest.fixture
def pages(app: FastAPI) -> KnownPages:
    found: Any = app.router.middleware_stack
    assert isinstance(found, KnownPages)
    found._known.clear()
    return found


@pytest.fixture
def unrouted(pages: KnownPages, monkeypatch: pytest.MonkeyPatch) -> Close:
    """Call it to close the routes."""

    async def closed(*_: object) -> None:
        raise Routed

    return lambda: monkeypatch.setattr(pages, "_routes", closed)


async def learn(client: httpx.AsyncClient, window: Window, **query: Any) -> httpx.Response:
    """The routes' answer. The first request sees the key, the second leaves the page."""
    good(await client.get(PATH, params=query, headers=window.headers))
    answer = await client.get(PATH, params=query, headers=window.headers)
    good(answer)
    return answer


async def test_it_is_what_the_routes_answer(
    app: FastAPI, client: httpx.AsyncClient, window: Window, unrouted: Close
) -> None:
    query = {"region_id": window.region_id, "fields": "*variants.calculated_price", "limit": 3}
    routed = await learn(client, window, **query)
    unrouted()

    with noted(app) as statements:
        read = client.get(PATH, params=query, headers=window.headers)
        assert len(await statements.all_of(read)) == 1
    known = await client.get(PATH, params=query, headers=window.headers)
    head = await client.head(PATH, params=query, headers=window.headers)
    tagged = window.headers | {"if-none-match": routed.headers["etag"]}
    unchanged = await client.get(PATH, params=query, headers=tagged)

    assert known.content == routed.content
    assert {**known.headers, "x-request-id": ""} == {**routed.headers, "x-request-id": ""}
    assert (head.status_code, head.content) == (200, b"")
    assert unchanged.status_code == 304


async def test_it_is_read_anew_each_time(
    tx: Transaction, client: httpx.AsyncClient, window: Window, unrouted: Close
) -> None:
    query = {"region_id": window.region_id, "fields": "title,variants.calculated_price"}
    await learn(client, window, **query)
    await tx.execute("UPDATE product SET title = 'New' WHERE id = $1", window.ids["products"])
    await tx.execute("UPDATE price SET amount = 7")
    unrouted()

    [shown] = good(await client.get(PATH, params=query, headers=window.headers))["products"]

    assert shown["title"] == "New"
    assert {one["calculated_price"]["calculated_amount"] for one in shown["variants"]} == {7}


async def test_variants_are_known_too(
    client: httpx.AsyncClient, window: Window, unrouted: Close
) -> None:
    good(await client.get(VARIANTS, headers=window.headers))
    routed = await client.get(VARIANTS, headers=window.headers)
    unrouted()

    assert (await client.get(VARIANTS, headers=window.headers)).content == routed.content


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("limit=2", {}),
        ("limit=3&offset=1", {}),
        ("limit=3", {"x-medusa-locale": "de-DE"}),
        ("limit=3", {"authorization": "Bearer nonsense"}),
        ("limit=3", {"cookie": "connect.sid=nonsense"}),
        ("limit=3", {"content-length": "2"}),
    ],
)
async def test_other_requests_are_routed(
    client: httpx.AsyncClient,
    window: Window,
    unrouted: Close,
    query: str,
    headers: dict[str, str],
) -> None:
    await learn(client, window, limit=3)
    unrouted()

    for usual in ({}, {"content-length": "0"}, {"accept-language": "de"}):
        good(await client.get(f"{PATH}?limit=3", headers=window.headers | usual))
    with pytest.raises(Routed):
        await client.get(f"{PATH}?{query}", headers=window.headers | headers)


@pytest.mark.parametrize("values", [("de-DE", ""), ("", "de-DE"), ("de-DE", "fr-FR")])
async def test_a_language_that_is_named_twice_is_left_to_the_routes(
    client: httpx.AsyncClient, window: Window, pages: KnownPages, values: tuple[str, ...]
) -> None:
    """The routes read the first; kept under the last, others would be shown its language."""
    await learn(client, window)
    twice = [*window.headers.items(), *(("x-medusa-locale", value) for value in values)]

    for _ in range(3):
        good(await client.get(f"{PATH}?limit=7", headers=twice))

    assert [asked.query for asked in pages._known] == [b""]


async def test_of_two_keys_the_same_one_counts_however_often_it_is_asked(
    client: httpx.AsyncClient, window: Window
) -> None:
    await learn(client, window)
    [(name, token)] = window.headers.items()

    wrong = await client.get(PATH, headers=[(name, "pk_none"), (name, token)])
    right = await client.get(PATH, headers=[(name, token), (name, "pk_none")])

    assert wrong.status_code == 400
    assert good(right)["count"] == 1


async def test_other_methods_are_routed(
    client: httpx.AsyncClient, window: Window, unrouted: Close
) -> None:
    await learn(client, window)
    unrouted()

    with pytest.raises(Routed):
        await client.post(PATH, headers=window.headers)


async def test_another_key_has_pages_of_its_own(
    tx: Transaction, client: httpx.AsyncClient, window: Window, unrouted: Close
) -> None:
    await learn(client, window)
    [name], [token] = window.headers, window.headers.values()
    unrouted()

    for other in (token + "0", token[:-1], ""):
        with pytest.raises(Routed):
            await client.get(PATH, headers={name: other})


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE api_key SET revoked_at = now()",
        "UPDATE api_key SET deleted_at = now()",
        "UPDATE api_key SET type = 'secret'",
    ],
)
async def test_a_dead_key_knows_no_page(
    tx: Transaction, client: httpx.AsyncClient, window: Window, pages: KnownPages, change: str
) -> None:
    await learn(client, window)
    await tx.execute(change)

    answer = await client.get(PATH, headers=window.headers)

    assert refused(answer) == "A valid publishable key is required to proceed with the request"
    assert not pages._known


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM publishable_api_key_sales_channel",
        "UPDATE sales_channel SET deleted_at = now()",
        "UPDATE sales_channel SET is_disabled = true",
        "UPDATE product SET status = 'draft'",
        "UPDATE product SET deleted_at = now()",
        "DELETE FROM product_sales_channel",
    ],
)
async def test_what_is_not_offered_any_more_is_not_shown(
    tx: Transaction, client: httpx.AsyncClient, window: Window, change: str
) -> None:
    await learn(client, window)
    await tx.execute(change)

    for _ in range(3):
        page = good(await client.get(PATH, headers=window.headers))
        assert (page["products"], page["count"]) == ([], 0)


async def test_a_region_that_is_gone_is_told_of(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    await learn(client, window, region_id=window.region_id)
    await tx.execute("UPDATE region SET deleted_at = now()")

    query = {"region_id": window.region_id}
    told = refused(await client.get(PATH, params=query, headers=window.headers))

    assert "not found when populating the pricing context" in told


async def test_a_customer_is_not_answered_as_a_guest(
    tx: Transaction, client: httpx.AsyncClient, window: Window, settings: Settings
) -> None:
    await learn(client, window, fields="id")
    buyer = await make_buyer(tx)
    headers = buyer.headers(settings) | window.headers
    await tx.execute("UPDATE customer SET deleted_at = now()")

    # A route that guests may use treats a customer who is gone as a guest; it asks, however.
    assert good(await client.get(f"{PATH}?fields=id", headers=headers))["count"] == 1


async def test_the_use_of_the_key_is_noted(
    tx: Transaction, client: httpx.AsyncClient, window: Window, unrouted: Close
) -> None:
    await learn(client, window)
    await tx.execute("UPDATE api_key SET last_used_at = '2020-01-01'")
    unrouted()

    good(await client.get(PATH, headers=window.headers))

    [token] = window.headers.values()
    noted_at = "SELECT last_used_at > '2021-01-01' FROM api_key WHERE token = $1"
    assert await tx.fetchval(noted_at, token)


async def test_no_more_than_some_hundred_are_kept(
    client: httpx.AsyncClient, window: Window, pages: KnownPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("merx.api.store.known_pages._MOST", 3)
    await learn(client, window)
    for limit in range(1, 8):
        good(await client.get(f"{PATH}?limit={limit}", headers=window.headers))
    good(await client.get(f"{PATH}?fields={'id,' * 400}id", headers=window.headers))

    assert sorted(asked.query for asked in pages._known) == [b"limit=5", b"limit=6", b"limit=7"]
