"""/store/search by an engine beside PostgreSQL: what it finds is still read from the database."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Database, Transaction
from merx.modules.product.search_documents import WRITE_REQUESTED, keep_up
from merx.modules.product.search_index import POSTGRES
from merx.outbox import Event
from merx.providers.meilisearch import MeilisearchEngine
from merx.providers.search import Searches
from merx.subscribers.search_engine import search_engine
from tests.answers import good, refused
from tests.factories.meilisearch_server import API_KEY, MeilisearchServer, meilisearch_server
from tests.factories.window import Window

PATH = "/store/search"


@pytest.fixture
def server() -> Iterator[MeilisearchServer]:
    with meilisearch_server() as double:
        yield double


@pytest.fixture
def engine(app: FastAPI, server: MeilisearchServer) -> Iterator[MeilisearchEngine]:
    """The engine, in a shop that searches by it."""
    engine = MeilisearchEngine(server.url, API_KEY, "products")
    state = app.state
    before = state.settings, state.search
    state.settings = before[0].model_copy(update={"search": True})
    state.search = Searches(engine, POSTGRES)
    yield engine
    state.settings, state.search = before


@pytest.fixture
async def written(
    tx: Transaction, database: Database, engine: MeilisearchEngine, window: Window
) -> Window:
    """All products of the window are in the index, also the hidden ones."""
    records = await tx.fetch("SELECT id FROM product")
    await keep_up(database, engine, [record[0] for record in records])
    return window


async def found(client: httpx.AsyncClient, window: Window, q: str, **more: Any) -> list[str]:
    query = {"entity": "product", "fields": ["title"], "filters": {"q": q}, **more}
    answer = good(await client.post(PATH, json=query, headers=window.headers))
    assert answer["metadata"]["count"] == len(answer["data"])
    return [product["title"] for product in answer["data"]]


async def test_only_what_is_published_is_written(
    written: Window, server: MeilisearchServer
) -> None:
    titles = {document["title"] for document in server.documents.values()}

    assert titles == {"Shirt", "Hidden elsewhere"}
    assert server.settings["typoTolerance"] == {"disableOnAttributes": ["codes"]}
    [shirt] = [one for one in server.documents.values() if one["title"] == "Shirt"]
    assert shirt["codes"] == ["SHIRT"]


async def test_what_the_engine_finds_is_shown_if_the_storefront_may_see_it(
    client: httpx.AsyncClient, written: Window, server: MeilisearchServer
) -> None:
    assert await found(client, written, "shirt") == ["Shirt"]
    assert await found(client, written, "SHIRT") == ["Shirt"]
    assert await found(client, written, "hidden") == []
    assert [path for method, path in server.requests if "search" in path]


async def test_an_index_that_is_behind_shows_nothing_that_is_gone(
    tx: Transaction, client: httpx.AsyncClient, written: Window, server: MeilisearchServer
) -> None:
    drafts = await tx.fetch("SELECT id, title FROM product WHERE title LIKE 'Hidden%'")
    for number, record in enumerate([*drafts, {"id": "prod_none", "title": "Hidden"}]):
        server.documents[record["id"]] = {
            "id": record["id"], "title": f"Shirt {number}", "description": None, "codes": [],
        }  # fmt: skip

    assert await found(client, written, "shirt") == ["Shirt"]


async def test_the_order_is_the_engines(
    tx: Transaction, client: httpx.AsyncClient, written: Window, server: MeilisearchServer
) -> None:
    await tx.execute(
        "INSERT INTO product_sales_channel (id, product_id, sales_channel_id)"
        " SELECT 'prodsc_x', $1, sales_channel_id FROM product_sales_channel"
        " WHERE product_id = $2",
        written.ids["elsewhere"],
        written.ids["products"],
    )
    server.documents[written.ids["products"]]["title"] = "shirt with a long title"
    server.documents[written.ids["elsewhere"]]["title"] = "shirt"

    assert await found(client, written, "shirt") == ["Hidden elsewhere", "Shirt"]
    order = {"pagination": {"order": {"title": "DESC"}}}
    assert await found(client, written, "shirt", **order) == ["Shirt", "Hidden elsewhere"]


async def test_while_the_engine_is_away_postgresql_answers(
    client: httpx.AsyncClient, written: Window, server: MeilisearchServer
) -> None:
    server.documents.clear()
    assert await found(client, written, "shirt") == []
    server.away = True
    assert await found(client, written, "shirt") == ["Shirt"]

    server.away = False
    asked = len(server.requests)
    assert await found(client, written, "shirt") == ["Shirt"]
    assert len(server.requests) == asked  # It is left alone for some seconds.


async def test_what_the_engine_cannot_is_searched_by_postgresql(
    client: httpx.AsyncClient, written: Window, server: MeilisearchServer
) -> None:
    server.documents.clear()

    for options in ({"match_strategy": "any"}, {"typo_tolerance": False}):
        assert await found(client, written, "shirt", search_options=options) == ["Shirt"]


async def test_a_wrong_key_is_an_engine_that_is_away(
    client: httpx.AsyncClient, app: FastAPI, written: Window, server: MeilisearchServer
) -> None:
    wrong = MeilisearchEngine(server.url, "wrong", "products")
    app.state.search = Searches(wrong, POSTGRES)

    assert await found(client, written, "shirt") == ["Shirt"]


async def test_an_event_brings_the_index_up_to_the_rows_as_they_are_now(
    tx: Transaction,
    database: Database,
    engine: MeilisearchEngine,
    written: Window,
    server: MeilisearchServer,
) -> None:
    product = written.ids["products"]
    [variant] = await tx.fetch("SELECT id FROM product_variant WHERE product_id = $1", product)
    write = search_engine(engine).handle

    async def happens(name: str, row: str) -> None:
        moment = await tx.fetchval("SELECT now()")
        await write(Event("evt_1", name, [row], moment), database)

    await tx.execute("UPDATE product_variant SET sku = 'NEW-1' WHERE id = $1", variant["id"])
    await happens("product-variant.updated", variant["id"])
    assert server.documents[product]["codes"] == ["NEW-1"]
    await tx.execute("UPDATE product SET status = 'draft' WHERE id = $1", product)
    await happens("product.updated", product)
    assert product not in server.documents
    await happens("product.updated", product)  # Events come twice at times.
    assert product not in server.documents


async def test_an_index_is_written_anew_by_events_and_tells_how_far_it_is(
    tx: Transaction,
    database: Database,
    admin: httpx.AsyncClient,
    engine: MeilisearchEngine,
    written: Window,
    server: MeilisearchServer,
) -> None:
    path = "/admin/search-indexes"
    good(await admin.delete(f"{path}/product"))
    assert server.documents == {}
    await tx.execute("DELETE FROM event")

    shown = good(await admin.post(f"{path}/product/reindex", json={}))["search_index"]
    products = await tx.fetchval("SELECT count(*) FROM product")
    assert shown == {
        "id": "product", "entity": "product", "count": 0, "engine": "meilisearch",
        "pending": products,
    }  # fmt: skip
    events = await tx.fetch("SELECT * FROM event WHERE name = $1", WRITE_REQUESTED)
    for record in events:
        event = Event(record["id"], record["name"], record["ids"], record["created_at"])
        await search_engine(engine).handle(event, database)
        await tx.execute("UPDATE event SET relayed_at = now() WHERE id = $1", event.id)
    [index] = good(await admin.get(path))["search_indexes"]

    assert (index["count"], index["pending"]) == (2, 0)
    server.away = True
    [index] = good(await admin.get(path))["search_indexes"]
    assert index["count"] is None
    gone = await admin.delete(f"{path}/product")
    assert refused(gone, 503) == "The search engine does not answer"
