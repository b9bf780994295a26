"""/store/search and the index behind it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.modules.product.search_index import alike, words_of
from tests.answers import good, refused
from tests.factories.catalogue import make_region
from tests.factories.products import COLORS, make_product, prices, variants
from tests.factories.window import Window
from tests.statements import noted

PATH = "/store/search"


@pytest.fixture
def searching(app: FastAPI) -> Iterator[None]:
    """A shop that has its search on."""
    before = app.state.settings
    app.state.settings = before.model_copy(update={"search": True})
    yield
    app.state.settings = before


@pytest.fixture
async def shelf(tx: Transaction, window: Window) -> Window:
    """The window and three more products in its channel."""
    channel = await tx.fetchval(
        "SELECT sales_channel_id FROM product_sales_channel WHERE product_id = $1",
        window.ids["products"],
    )
    for title, description, sku in (
        ("Blue Sweater", "Warm as a jacket", "SWEAT-1"),
        ("Green Jacket", "Keeps the rain out", "JACK-1"),
        ("Jacket of wool", None, "WOOL-1"),
    ):
        await make_product(
            tx,
            title,
            description=description,
            status="published",
            variants=variants(COLORS, 1, sku=sku, prices=prices(eur=9)),
            sales_channels=[{"id": channel}],
        )
    return window


async def found(client: httpx.AsyncClient, window: Window, q: str, **more: Any) -> list[str]:
    query = {"entity": "product", "fields": ["title"], "filters": {"q": q}, **more}
    answer = good(await client.post(PATH, json=query, headers=window.headers))
    assert answer["metadata"]["count"] == len(answer["data"])
    return [product["title"] for product in answer["data"]]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "Invalid request: Field 'queries' is required"),
        (
            {"queries": []}, 400,
            "Invalid request: Value for field 'queries' too small, expected at least: '1'",
        ),
        ({"queries": [{}]}, 400, "Invalid request: Field 'queries, 0, entity' is required"),
        (
            {"queries": "a"}, 400,
            "Invalid request: Expected type: 'array' for field 'queries', got: 'a'",
        ),
        ([], 400, "Invalid request: Field '' is required"),
        (
            {"entity": 3}, 400,
            "Invalid request: Expected type: 'string' for field 'queries', got: 'undefined'",
        ),
        (
            {"entity": "product", "filters": []}, 400,
            "Invalid request: Expected type: 'record' for field 'queries', got: 'undefined'",
        ),
        (
            {"entity": "product", "pagination": {"take": -1}}, 400,
            "Invalid request: Field 'queries' is required",
        ),
        (
            {"entity": "product", "queries": [{"entity": "product"}]}, 400,
            "Invalid request: Invalid input",
        ),
        ({"entity": "product"}, 404, 'No search index named "product"'),
        ({"queries": [{"entity": "x"}, {"entity": "y"}]}, 404, 'No search index named "x"'),
    ],
)  # fmt: skip
async def test_without_an_index_it_answers_as_the_reference(
    client: httpx.AsyncClient, window: Window, body: Any, status: int, message: str
) -> None:
    assert refused(await client.post(PATH, json=body, headers=window.headers), status) == message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "Send one query, {"),
        ([], "Send one query, {"),
        ({"entity": "product", "queries": []}, "Send one query, {"),
        ({"queries": [1]}, "Field 'queries, 0' must be an object, not 1"),
        (
            {"entity": "product", "pagination": {"take": "all"}},
            "Expected type: 'number' for field 'pagination, take', got: 'all'",
        ),
    ],
)
async def test_errors_tell_how_to_ask(
    client: httpx.AsyncClient, window: Window, body: Any, told: str
) -> None:
    headers = {**window.headers, "Prefer": "errors=detailed"}
    answer = await client.post(PATH, json=body, headers=headers)

    [error] = answer.json()["errors"]
    assert error["message"].startswith(told)


@pytest.mark.usefixtures("searching")
@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("jacket", ["Green Jacket", "Jacket of wool", "Blue Sweater"]),
        ("jack", ["Green Jacket", "Jacket of wool", "Blue Sweater"]),
        ("green jacket", ["Green Jacket"]),
        ("JACKET wool", ["Jacket of wool"]),
        ("jaket", ["Green Jacket", "Jacket of wool"]),
        ("jakcet", ["Green Jacket", "Jacket of wool"]),
        ("sweatter", ["Blue Sweater"]),
        ("SWEAT-1-1", []),
        ("hidden", []),
        ("HIDDEN-2-1", []),
        ("nothing", []),
        ("&|!:*'", []),
    ],
)
async def test_words_find_products(
    client: httpx.AsyncClient, shelf: Window, q: str, titles: list[str]
) -> None:
    assert sorted(await found(client, shelf, q)) == sorted(titles)


@pytest.mark.usefixtures("searching")
async def test_the_title_counts_more_than_the_description(
    client: httpx.AsyncClient, shelf: Window
) -> None:
    assert (await found(client, shelf, "jacket"))[-1] == "Blue Sweater"


@pytest.mark.usefixtures("searching")
async def test_a_sku_finds_its_product(
    tx: Transaction, client: httpx.AsyncClient, shelf: Window
) -> None:
    sku = await tx.fetchval("SELECT sku FROM product_variant WHERE sku LIKE 'WOOL%'")
    hidden = await tx.fetch("SELECT sku FROM product_variant WHERE sku LIKE 'HIDDEN%'")

    assert await found(client, shelf, sku) == ["Jacket of wool"]
    assert len(hidden) == 3
    for record in hidden:
        assert await found(client, shelf, record["sku"]) == []


@pytest.mark.usefixtures("searching")
async def test_the_index_follows_each_change(
    tx: Transaction, client: httpx.AsyncClient, shelf: Window
) -> None:
    await tx.execute(
        "UPDATE product SET title = 'Parka', handle = 'parka' WHERE title = 'Green Jacket'"
    )

    assert await found(client, shelf, "parka") == ["Parka"]
    assert await found(client, shelf, "green") == []


@pytest.mark.usefixtures("searching")
async def test_filters_order_and_page_hold_in_a_search(
    client: httpx.AsyncClient, shelf: Window
) -> None:
    page = {"skip": 1, "take": 1, "order": {"title": "DESC"}}
    query = {
        "entity": "product", "fields": ["title"], "filters": {"q": "jacket"}, "pagination": page,
    }  # fmt: skip
    answer = good(await client.post(PATH, json=query, headers=shelf.headers))

    assert [one["title"] for one in answer["data"]] == ["Green Jacket"]
    assert answer["metadata"] == {"count": 3, "skip": 1, "take": 1}
    assert await found(client, shelf, "", filters={"q": "jacket", "title": ["Green Jacket"]}) == [
        "Green Jacket"
    ]


@pytest.mark.usefixtures("searching")
async def test_options_say_how_words_are_matched(client: httpx.AsyncClient, shelf: Window) -> None:
    either = {"match_strategy": "any"}

    assert set(await found(client, shelf, "green sweater", search_options=either)) == {
        "Green Jacket", "Blue Sweater",
    }  # fmt: skip
    assert await found(client, shelf, "jaket", search_options={"typo_tolerance": False}) == []
    query = {"entity": "product", "search_options": {"vector": {"query": "x"}}}
    answer = await client.post(PATH, json=query, headers=shelf.headers)
    assert refused(answer) == "The search of this shop does not support vector"


@pytest.mark.usefixtures("searching")
async def test_several_queries_have_a_result_each_by_one_statement(
    app: FastAPI, client: httpx.AsyncClient, shelf: Window
) -> None:
    queries = [{"entity": "product", "filters": {"q": q}} for q in ("green", "blue")]
    await client.post(PATH, json={"queries": queries}, headers=shelf.headers)
    with noted(app) as statements:
        request = client.post(PATH, json={"queries": queries}, headers=shelf.headers)
        assert len(await statements.all_of(request)) == 3

    answer = good(await client.post(PATH, json={"queries": queries}, headers=shelf.headers))

    assert [[one["title"] for one in each["data"]] for each in answer["results"]] == [
        ["Green Jacket"], ["Blue Sweater"],
    ]  # fmt: skip


@pytest.mark.usefixtures("searching")
@pytest.mark.parametrize("fields", [["*"], ["*sales_channels"], ["categories.name"], ["status"]])
async def test_a_search_shows_nothing_that_is_not_for_sale(
    client: httpx.AsyncClient, shelf: Window, fields: list[str]
) -> None:
    for q in ("hidden", "shirt", ""):
        query = {"entity": "product", "fields": fields, "filters": {"q": q}}
        answer = await client.post(PATH, json=query, headers=shelf.headers)

        assert answer.status_code == 200
        assert not any(secret in answer.text for secret in shelf.secrets)


@pytest.mark.usefixtures("searching")
async def test_an_index_is_listed_emptied_and_written_anew(
    client: httpx.AsyncClient, admin: httpx.AsyncClient, shelf: Window
) -> None:
    path = "/admin/search-indexes"
    [listed] = good(await admin.get(path))["search_indexes"]

    deleted = good(await admin.delete(f"{path}/product"))
    assert await found(client, shelf, "jacket") == []
    again = good(await admin.post(f"{path}/product/reindex", json={"strategy": "swap"}))

    assert deleted == {"id": "product", "object": "search_index", "deleted": True}
    assert again["search_index"] == listed
    assert len(await found(client, shelf, "jacket")) == 3


async def test_a_shop_without_search_has_no_indexes(admin: httpx.AsyncClient) -> None:
    path = "/admin/search-indexes"
    none = 'No search index registered for "foo". Registered indexes: (none)'

    assert good(await admin.get(path)) == {"search_indexes": [], "enabled": True}
    assert refused(await admin.delete(f"{path}/foo"), 404) == none
    assert refused(await admin.post(f"{path}/foo/reindex", json={}), 404) == none
    assert refused(await admin.post(f"{path}/foo/reindex", json={"strategy": "x"})) == (
        "Invalid request: Expected: 'swap, in_place' for field 'strategy', but got: 'x'"
    )
    assert refused(await admin.post(f"{path}/foo/reindex", json={"since": 3, "filters": 1})) == (
        "Invalid request: Expected type: 'string' for field 'since', got: '3';"
        " Expected type: 'record' for field 'filters', got: '1'"
    )


async def test_the_index_of_the_reference_has_nothing_to_synchronise(
    admin: httpx.AsyncClient,
) -> None:
    assert good(await admin.get("/admin/index/details")) == {"metadata": []}
    assert good(await admin.post("/admin/index/sync", json={"strategy": "full"})) == {}
    assert "strategy" in refused(await admin.post("/admin/index/sync", json={"strategy": "x"}))


async def test_a_word_is_like_those_one_letter_away(tx: Transaction) -> None:
    [(word, written)] = words_of("Jacket")

    like = set(alike(word))

    assert written == "Jacket"
    assert like == set(await tx.fetchval("SELECT product_alike('Jacket')"))
    for other in ("jaket", "jackket", "jacket", "jackte", "racket"):
        assert like & set(await tx.fetchval("SELECT product_alike($1)", other)), other
    assert alike(words_of("cat")[0][0]) == []


@pytest.mark.usefixtures("searching")
async def test_a_search_has_facets_and_a_cursor(
    app: FastAPI, client: httpx.AsyncClient, shelf: Window
) -> None:
    query: dict[str, Any] = {
        "entity": "product", "fields": ["title"], "filters": {"q": "jacket"},
        "search_options": {"facets": ["option", "tag"]}, "pagination": {"take": 2, "cursor": ""},
    }  # fmt: skip
    first = good(await client.post(PATH, json=query, headers=shelf.headers))
    query["pagination"]["cursor"] = first["metadata"]["cursor"]
    with noted(app) as statements:
        request = client.post(PATH, json=query, headers=shelf.headers)
        assert len(await statements.all_of(request)) == 2
    second = good(await client.post(PATH, json=query, headers=shelf.headers))

    assert first["facets"] == {
        "option": [{"option": "Color", "value": "Blue", "count": 3, "is_estimate": False}],
        "tag": [],
    }  # fmt: skip
    assert sorted(one["title"] for page in (first, second) for one in page["data"]) == [
        "Blue Sweater", "Green Jacket", "Jacket of wool",
    ]  # fmt: skip
    assert second["metadata"]["cursor"] is None
    query["pagination"]["cursor"] = "x"
    assert "cursor" in refused(await client.post(PATH, json=query, headers=shelf.headers))
    query["search_options"]["facets"] = ["secret"]
    assert "'secret'" in refused(await client.post(PATH, json=query, headers=shelf.headers))


@pytest.mark.usefixtures("searching")
async def test_a_search_does_not_price_more_products_than_allowed(
    app: FastAPI, client: httpx.AsyncClient, shelf: Window, tx: Transaction
) -> None:
    app.state.settings = app.state.settings.model_copy(update={"max_priced_products": 2})
    by_price = {"order": {"variants.calculated_price": "ASC"}}
    query = {"entity": "product", "fields": ["title"], "filters": {"q": "jacket"}}
    path = f"{PATH}?region_id={await make_region(tx, 'eur')}"
    headers = shelf.headers

    answer = await client.post(path, json={**query, "pagination": by_price}, headers=headers)
    assert "More than 2 rows would have to be priced" in refused(answer)
    query["filters"] = {"q": "wool"}
    answer = await client.post(path, json={**query, "pagination": by_price}, headers=headers)
    assert [row["title"] for row in good(answer)["data"]] == ["Jacket of wool"]


@pytest.mark.usefixtures("searching")
async def test_facets_of_a_search_count_nothing_hidden(
    client: httpx.AsyncClient, window: Window
) -> None:
    query = {
        "entity": "product", "filters": {"q": "shirt hidden"},
        "search_options": {"facets": ["tag", "category"], "match_strategy": "any"},
    }  # fmt: skip
    facets = good(await client.post(PATH, json=query, headers=window.headers))["facets"]

    assert [(one["value"], one["count"]) for one in facets["tag"]] == [("new", 1)]
    assert [(one["name"], one["count"]) for one in facets["category"]] == [("Top", 1)]


_VOCABULARY = (
    "chair", "table", "shirt", "jacket", "sweater", "trousers", "umbrella", "notebook",
    "headphones", "mug", "lamp", "bicycle", "keyboard", "wardrobe", "telescope", "cushion",
    "candle", "blanket",
)  # fmt: skip


@pytest.mark.usefixtures("searching")
async def test_how_many_beginnings_and_typos_are_found_is_as_documented(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    """The table of docs/reference/store.md: each word with every beginning and each typo."""
    asked = {
        "beginning": [(w, w[:n]) for w in _VOCABULARY for n in range(1, len(w) + 1)],
        "less": [(w, w[:n] + w[n + 1 :]) for w in _VOCABULARY for n in range(len(w))],
        "more": [(w, w[:n] + "q" + w[n:]) for w in _VOCABULARY for n in range(len(w) + 1)],
        "other": [(w, w[:n] + "q" + w[n + 1 :]) for w in _VOCABULARY for n in range(len(w))],
        "swapped": [
            (w, w[:n] + w[n + 1] + w[n] + w[n + 2 :])
            for w in _VOCABULARY
            for n in range(len(w) - 1)
        ],
        "two": [(w, "q" + w[1:-1] + "q") for w in _VOCABULARY],
    }
    rows = [(kind, len(word), word, q) for kind, pairs in asked.items() for word, q in pairs]
    met = await tx.fetch(
        "SELECT g.place FROM unnest($1::text[], $2::text[], $3::text[])"
        " WITH ORDINALITY AS g(word, prefix, alike, place)"
        " WHERE product_words(g.word, NULL, NULL, NULL) @@ to_tsquery('simple', g.prefix)"
        " OR product_alike(g.word) && string_to_array(g.alike, ',')",
        [word for _, _, word, _ in rows],
        [words_of(q)[0][0] for *_, q in rows],
        [",".join(alike(words_of(q)[0][0])) or "-" for *_, q in rows],
    )
    found = {record["place"] - 1 for record in met}

    def share(kind: str, least: int, most: int = 99) -> int:
        of = [n for n, row in enumerate(rows) if row[0] == kind and least <= row[1] <= most]
        return round(100 * sum(n in found for n in of) / len(of))

    assert share("beginning", 1) == 100
    assert [share(kind, 6) for kind in ("less", "more", "other", "swapped")] == [100] * 4
    assert [share(kind, 5, 5) for kind in ("less", "more", "other", "swapped")] == [
        20, 100, 100, 100,
    ]  # fmt: skip
    assert [share(kind, 1, 4) for kind in ("more", "other", "swapped")] == [0, 0, 0]
    assert share("two", 5) == 0
