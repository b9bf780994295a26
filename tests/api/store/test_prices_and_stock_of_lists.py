"""Lists of products by what they cost and whether they can be bought: what Merx adds."""

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.catalogue import make_region, make_type
from tests.factories.products import COLORS, make_product, make_sales_channel, prices, variants
from tests.factories.shop import make_goods, make_shop
from tests.factories.taxes import make_tax_rate
from tests.factories.window import key_of

TOO_MANY = (
    "Invalid request: More than 2 rows would have to be priced; add a filter that leaves fewer,"
    " such as a category"
)
NO_CONTEXT = "Missing required pricing context to calculate prices - region_id"


@pytest.fixture
async def priced(tx: Transaction) -> tuple[dict[str, str], str]:
    """Products of 5, of 10 and of 30, and a hidden one of 7: the headers and the region."""
    mine, other = await make_sales_channel(tx), await make_sales_channel(tx, "Other")
    for title, amount, channel in (
        ("Middle", 10, mine), ("Dear", 30, mine), ("Cheap", 5, mine), ("Hidden", 7, other),
    ):  # fmt: skip
        await make_product(
            tx,
            title,
            status="published",
            variants=variants(COLORS, 1, sku=title.upper(), prices=prices(eur=amount)),
            sales_channels=[{"id": channel}],
        )
    return await key_of(tx, mine), await make_region(tx, "eur")


async def titles(
    client: httpx.AsyncClient, priced: tuple[dict[str, str], str], **query: str
) -> list[str]:
    headers, region_id = priced
    asked = {"region_id": region_id, "fields": "title", **query}
    answer = good(await client.get("/store/products", params=asked, headers=headers))
    assert answer["count"] == len(answer["products"])
    return [product["title"] for product in answer["products"]]


async def test_products_are_ordered_by_their_calculated_price(
    client: httpx.AsyncClient, priced: tuple[dict[str, str], str]
) -> None:
    path = "variants.calculated_price"

    assert await titles(client, priced, order=path) == ["Cheap", "Middle", "Dear"]
    assert await titles(client, priced, order=f"-{path}") == ["Dear", "Middle", "Cheap"]


async def test_a_changed_price_counts_at_once(
    tx: Transaction, client: httpx.AsyncClient, priced: tuple[dict[str, str], str]
) -> None:
    await tx.execute(
        "UPDATE price SET amount = 1 FROM product_variant v"
        " WHERE v.price_set_id = price.price_set_id AND v.sku LIKE 'DEAR%'"
    )

    assert await titles(client, priced, order="variants.calculated_price") == [
        "Dear", "Cheap", "Middle",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"price[gte]": "6"}, {"Middle", "Dear"}),
        ({"price[$gte]": "6", "price[lt]": "30"}, {"Middle"}),
        ({"price[lte]": "5"}, {"Cheap"}),
        ({"price[gt]": "6", "price[lt]": "8"}, set()),
    ],
)
async def test_products_are_filtered_by_their_calculated_price(
    client: httpx.AsyncClient,
    priced: tuple[dict[str, str], str],
    query: dict[str, str],
    found: set[str],
) -> None:
    assert set(await titles(client, priced, **query)) == found


@pytest.mark.parametrize("query", [{"price[gte]": "1"}, {"order": "variants.calculated_price"}])
async def test_prices_need_a_region(
    client: httpx.AsyncClient, priced: tuple[dict[str, str], str], query: dict[str, str]
) -> None:
    answer = await client.get("/store/products", params=query, headers=priced[0])

    assert refused(answer) == NO_CONTEXT


async def test_a_price_that_is_no_number_is_refused(
    client: httpx.AsyncClient, priced: tuple[dict[str, str], str]
) -> None:
    answer = await client.get("/store/products", params={"price[gte]": "much"}, headers=priced[0])

    assert "price, gte" in refused(answer)


async def test_products_are_filtered_by_whether_they_can_be_bought(
    tx: Transaction, client: httpx.AsyncClient, priced: tuple[dict[str, str], str]
) -> None:
    await tx.execute(
        "UPDATE product_variant SET manage_inventory = sku NOT LIKE 'CHEAP%',"
        " allow_backorder = sku LIKE 'DEAR%'"
    )

    assert set(await titles(client, priced, available="true")) == {"Cheap", "Dear"}
    assert await titles(client, priced, available="false") == ["Middle"]


async def test_a_variants_own_prices_show_as_those_of_a_list_without_rules(
    client: httpx.AsyncClient, priced: tuple[dict[str, str], str]
) -> None:
    asked = {"q": "Cheap", "fields": "title,*variants.prices"}

    [product] = good(await client.get("/store/products", params=asked, headers=priced[0]))[
        "products"
    ]

    [price] = product["variants"][0]["prices"]
    assert set(price) == {
        *("id", "title", "currency_code", "amount", "raw_amount", "price_list", "price_set_id"),
        *("min_quantity", "raw_min_quantity", "max_quantity", "raw_max_quantity"),
        *("rules_count", "price_list_id", "created_at", "updated_at", "deleted_at"),
    }
    assert price["price_list"] is None
    assert (price["currency_code"], price["amount"]) == ("eur", 5)


async def test_prices_with_tax_have_the_rate_of_the_products_type(
    tx: Transaction, client: httpx.AsyncClient
) -> None:
    shop = await make_shop(tx)
    book = await make_type(tx, "Book")
    region = await tx.fetchval("SELECT id FROM tax_region")
    await make_tax_rate(tx, region, 7, ("product_type", book))
    for title, kind in (("Novel", book), ("Lamp", None)):
        made = await make_goods(tx, shop, title, 100)
        await tx.execute("UPDATE product SET type_id = $2 WHERE id = $1", made.id, kind)
    asked = {"region_id": shop.region_id, "country_code": "de"}
    asked["fields"] = "title,*variants.calculated_price"

    answer = await client.get("/store/products", params=asked, headers=shop.headers)

    amounts = {
        product["title"]: product["variants"][0]["calculated_price"]["calculated_amount_with_tax"]
        for product in good(answer)["products"]
    }
    assert amounts == {"Novel": 107, "Lamp": 120}


@pytest.mark.parametrize(
    "query",
    [
        {"order": "variants.calculated_price"},
        {"price[gte]": "6"},
        {"$or[0][price][gte]": "6", "$or[1][title]": "Dear"},
    ],
)
async def test_prices_of_more_products_than_allowed_are_not_compared(
    app: FastAPI,
    client: httpx.AsyncClient,
    priced: tuple[dict[str, str], str],
    query: dict[str, str],
) -> None:
    headers, region_id = priced
    own = app.state.settings
    app.state.settings = own.model_copy(update={"max_priced_products": 2})
    asked = {"region_id": region_id, "fields": "title", **query}
    try:
        answer = await client.get("/store/products", params=asked, headers=headers)
        assert refused(answer) == TOO_MANY
        # Other filters leave few enough, and prices that are only shown are not counted.
        await titles(client, priced, **query, handle="dear")
        await titles(client, priced, fields="title,variants.calculated_price.calculated_amount")
    finally:
        app.state.settings = own
