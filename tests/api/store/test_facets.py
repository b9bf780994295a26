"""Facets of lists and searches: each count is what its filter finds, and nothing hidden counts."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.modules.product.facets import BANDS, FACETS, MOST_GROUPS
from tests.answers import good, refused
from tests.factories.catalogue import make_collection, make_tag
from tests.factories.categories import make_category
from tests.factories.products import make_product, prices, variants
from tests.factories.window import Window
from tests.statements import noted

ALL = ",".join(FACETS)
PATH = "/store/products"
SHADES = {"Shade": ("Sky", "Moss", "Rust")}


@pytest.fixture
async def shelf(tx: Transaction, window: Window) -> Window:
    """The window and products that differ in what facets count."""
    channel = await tx.fetchval(
        "SELECT sales_channel_id FROM product_sales_channel WHERE product_id = $1",
        window.ids["products"],
    )
    sale = await make_tag(tx, "sale")
    winter = await make_collection(tx, "Winter")
    shoes = await make_category(tx, "Shoes", is_active=True)
    for number, (amount, count) in enumerate([(0.5, 1), (10, 2), (19.99, 3), (20, 1)]):
        await make_product(
            tx,
            f"Shoe {number}",
            status="published",
            options=SHADES,
            variants=variants(SHADES, count, sku=None, prices=prices(eur=amount)),
            sales_channels=[{"id": channel}],
            tags=[{"id": sale}] if number % 2 else [],
            categories=[{"id": shoes}] if number else [],
            collection_id=winter if number > 1 else None,
        )
    return window


async def listed(client: httpx.AsyncClient, window: Window, **query: Any) -> dict[str, Any]:
    asked = {"region_id": window.region_id, "fields": "id", **query}
    return good(await client.get(PATH, params=asked, headers=window.headers))


def filter_of(facet: str, group: dict[str, Any]) -> dict[str, Any]:
    """The filter that finds what a group counts."""
    match facet:
        case "option":
            return {"variants[options][value]": group["value"]}
        case "price":
            upper = {} if group["lt"] is None else {"price[lt]": group["lt"]}
            return {"price[gte]": group["gte"], **upper}
        case _:
            return {f"{facet}_id": group["id"]}


async def test_each_group_counts_what_its_filter_finds(
    client: httpx.AsyncClient, shelf: Window
) -> None:
    answer = await listed(client, shelf, facets=ALL)

    assert answer["count"] == 5
    assert list(answer["facets"]) == list(FACETS)
    for facet, groups in answer["facets"].items():
        assert groups, facet
        for group in groups:
            found = await listed(client, shelf, **filter_of(facet, group))
            assert found["count"] == group["count"], (facet, group)
    bands = [(band["gte"], band["lt"], band["count"]) for band in answer["facets"]["price"]]
    assert bands == [(0, 1, 1), (5, 10, 1), (10, 20, 2), (20, 50, 1)]
    assert [(tag["value"], tag["count"]) for tag in answer["facets"]["tag"]] == [
        ("sale", 2), ("new", 1),
    ]  # fmt: skip


async def test_facets_are_of_what_the_filters_leave_and_not_of_the_page(
    client: httpx.AsyncClient, shelf: Window
) -> None:
    [sale] = [
        tag["id"]
        for tag in (await listed(client, shelf, facets="tag"))["facets"]["tag"]
        if tag["value"] == "sale"
    ]
    answer = await listed(client, shelf, facets="category,price", tag_id=sale, limit=1, offset=1)

    assert len(answer["products"]) == 1
    assert list(answer["facets"]) == ["category", "price"]
    assert [(one["name"], one["count"]) for one in answer["facets"]["category"]] == [("Shoes", 2)]
    assert sum(band["count"] for band in answer["facets"]["price"]) == 2


async def test_nothing_hidden_is_counted(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    """The products of the window share tag, category and collection with hidden ones."""
    answer = await listed(client, window, facets=ALL)

    assert "Hidden" not in str(answer)
    for facet in ("category", "collection", "tag", "price"):
        assert [group["count"] for group in answer["facets"][facet]] == [1], facet

    await tx.execute("UPDATE product_tag SET deleted_at = now()")
    await tx.execute("UPDATE product_collection SET deleted_at = now()")
    await tx.execute("UPDATE product_category SET is_active = false")
    await tx.execute("UPDATE product_variant SET deleted_at = now()")
    gone = (await listed(client, window, facets=ALL))["facets"]
    assert gone == {name: [] for name in FACETS}


async def test_facets_of_another_channel_are_empty(
    client: httpx.AsyncClient, window: Window, tx: Transaction
) -> None:
    await tx.execute("DELETE FROM product_sales_channel WHERE product_id = $1",
                     window.ids["products"])  # fmt: skip

    answer = await listed(client, window, facets=ALL)

    assert (answer["count"], answer["facets"]) == (0, {name: [] for name in FACETS})


async def test_facets_come_in_the_statement_of_the_list(
    app: FastAPI, client: httpx.AsyncClient, shelf: Window
) -> None:
    query = {"region_id": shelf.region_id, "facets": ALL}
    await client.get(PATH, params=query, headers=shelf.headers)
    with noted(app) as statements:
        assert (
            len(await statements.all_of(client.get(PATH, params=query, headers=shelf.headers))) == 1
        )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"facets": "tag,colour"}, f"Expected: '{', '.join(FACETS)}' for field 'facets', but got:"
                                   " 'colour'"),
        ({"facets[a]": "tag"}, "Expected type: 'string' for field 'facets', got:"
                                   " '[object Object]'"),
    ],
)  # fmt: skip
async def test_facets_that_are_none_are_refused(
    client: httpx.AsyncClient, window: Window, query: dict[str, str], message: str
) -> None:
    answer = await client.get(PATH, params=query, headers=window.headers)

    assert refused(answer) == f"Invalid request: {message}"


async def test_prices_are_counted_in_a_region_only(
    client: httpx.AsyncClient, window: Window
) -> None:
    answer = await client.get(PATH, params={"facets": "price"}, headers=window.headers)

    assert refused(answer) == "Missing required pricing context to calculate prices - region_id"
    plain = await client.get(PATH, params={"facets": "tag"}, headers=window.headers)
    assert len(good(plain)["facets"]["tag"]) == 1


async def test_a_list_without_the_parameter_has_no_facets(
    client: httpx.AsyncClient, window: Window
) -> None:
    assert set(await listed(client, window)) == {"products", "count", "offset", "limit"}
    assert set(await listed(client, window, facets="")) == {"products", "count", "offset", "limit"}


async def test_the_groups_of_a_facet_are_bounded(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    await tx.execute(
        "INSERT INTO product_tag (id, value) SELECT 'ptag_' || n, 'tag ' || n"
        " FROM generate_series(1, $1) n",
        MOST_GROUPS + 20,
    )
    await tx.execute(
        "INSERT INTO product_tags (product_id, product_tag_id)"
        " SELECT $1, id FROM product_tag WHERE id LIKE 'ptag\\__%' AND value LIKE 'tag %'",
        window.ids["products"],
    )

    assert len((await listed(client, window, facets="tag"))["facets"]["tag"]) == MOST_GROUPS
    assert len(BANDS) < MOST_GROUPS


@pytest.fixture
async def wide(tx: Transaction, app: FastAPI, shelf: Window) -> AsyncIterator[Window]:
    """400 products more, half of them azure, half of them scarlet, all of wool; some 100 are looked
    into."""
    await tx.execute(
        "INSERT INTO product_option (id, title) VALUES ('opt_a', 'Colour'), ('opt_b', 'Stuff')"
    )
    await tx.execute(
        "INSERT INTO product_option_value (id, value, option_id) VALUES"
        " ('val_blue', 'Azure', 'opt_a'), ('val_red', 'Scarlet', 'opt_a'),"
        " ('val_wool', 'Wool', 'opt_b')"
    )
    await tx.execute(
        "WITH made AS (INSERT INTO product (id, title, handle, status)"
        " SELECT 'prod_wide' || n, 'Wide ' || n, 'wide-' || n, 'published'"
        " FROM generate_series(1, 400) n RETURNING id),"
        " sets AS (INSERT INTO price_set (id) SELECT 'ps_' || id FROM made),"
        " prices AS (INSERT INTO price (id, price_set_id, currency_code, amount)"
        "  SELECT 'price_' || id, 'ps_' || id, 'eur', 3 FROM made),"
        " sold AS (INSERT INTO product_sales_channel (id, product_id, sales_channel_id)"
        "  SELECT 'link_' || made.id, made.id, s.sales_channel_id FROM made"
        "  JOIN product_sales_channel s ON s.product_id = $1)"
        " INSERT INTO product_variant (id, title, product_id, price_set_id, option_key)"
        " SELECT 'variant_' || id, 'One', id, 'ps_' || id,"
        "  CASE WHEN id ~ '[02468]$' THEN 'val_blue' ELSE 'val_red' END || ',val_wool'"
        " FROM made",
        shelf.ids["products"],
    )
    own = app.state.settings
    app.state.settings = own.model_copy(update={"facet_sample": 100})
    yield shelf
    app.state.settings = own


async def test_of_many_products_a_sample_is_looked_into(
    client: httpx.AsyncClient, wide: Window
) -> None:
    answer = await listed(client, wide, facets=ALL)
    again = await listed(client, wide, facets=ALL, offset=3)
    few = await listed(client, wide, facets=ALL, q="Wide 39")

    options = {group["value"]: group for group in answer["facets"]["option"]}
    for group in (*options.values(), *answer["facets"]["price"]):
        assert group["is_estimate"]
    # One in five is looked at, so that some 81 of the 405 say what the others are like.
    assert 380 <= options["Wool"]["count"] <= 405
    for colour in ("Azure", "Scarlet"):
        assert abs(options[colour]["count"] - 200) < 70, colour
    assert options["Azure"]["count"] + options["Scarlet"]["count"] in range(380, 410)
    assert again["facets"] == answer["facets"]
    # What products are linked to is counted, not estimated.
    assert [tag["count"] for tag in answer["facets"]["tag"]] == [2, 1]
    assert few["count"] == 14
    wool, *_ = few["facets"]["option"]
    assert (wool["value"], wool["count"]) == ("Wool", 14)
    assert not any(group["is_estimate"] for group in few["facets"]["option"])
    assert few["facets"]["price"] == [{"gte": 2, "lt": 5, "count": 14, "is_estimate": False}]
