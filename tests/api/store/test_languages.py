"""The catalogue in the customer's language, by `locale` or the header `x-medusa-locale`."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.catalogue import make_translation
from tests.factories.window import Window

FIELDS = (
    "title,description,*options,*options.values,*variants,*variants.options,*tags,*type,"
    "*collection,*categories"
)


@pytest.fixture
async def french(tx: Transaction, window: Window) -> Window:
    product_id = window.ids["products"]
    variant = await tx.fetchrow(
        "SELECT v.id, o.option_value_id, w.option_id FROM product_variant v"
        " JOIN product_variant_option o ON o.variant_id = v.id"
        " JOIN product_option_value w ON w.id = o.option_value_id WHERE v.product_id = $1",
        product_id,
    )
    assert variant is not None
    for kind, row_id, texts in (
        ("product", product_id, {"title": "Chemise", "description": ""}),
        ("product_variant", variant["id"], {"title": "Petit"}),
        ("product_option", variant["option_id"], {"title": "Couleur"}),
        ("product_option_value", variant["option_value_id"], {"value": "Rouge"}),
        ("product_tag", window.ids["product-tags"], {"value": "nouveau"}),
        ("product_type", window.ids["product-types"], {"value": "Haut"}),
        ("product_collection", window.ids["collections"], {"title": "Ete"}),
        ("product_category", window.ids["product-categories"], {"name": "Tout"}),
    ):
        await make_translation(tx, kind, row_id, "fr-FR", **texts)
    return window


async def read(client: httpx.AsyncClient, window: Window, **query: str) -> dict[str, Any]:
    path = f"/store/products/{window.ids['products']}"
    asked = {"fields": FIELDS, **query}
    return good(await client.get(path, params=asked, headers=window.headers))["product"]


async def test_all_texts_of_a_product_are_translated(
    client: httpx.AsyncClient, french: Window
) -> None:
    product = await read(client, french, locale="fr-FR")

    assert (product["title"], product["variants"][0]["title"]) == ("Chemise", "Petit")
    assert [option["title"] for option in product["options"]] == ["Couleur"]
    assert "Rouge" in [value["value"] for value in product["options"][0]["values"]]
    assert [value["value"] for value in product["variants"][0]["options"]] == ["Rouge"]
    assert (product["type"]["value"], product["collection"]["title"]) == ("Haut", "Ete")
    assert [tag["value"] for tag in product["tags"]] == ["nouveau"]
    assert [category["name"] for category in product["categories"]] == ["Tout"]


@pytest.mark.parametrize(
    ("query", "header", "title"),
    [
        ({"locale": "FR-fr"}, None, "Chemise"),
        ({}, "fr-FR", "Chemise"),
        ({"locale": "xx-YY"}, "fr-FR", "Shirt"),
        ({"locale": "fr"}, None, "Shirt"),
        ({}, None, "Shirt"),
    ],
)
async def test_the_query_has_the_word_before_the_header(
    client: httpx.AsyncClient, french: Window, query: dict[str, str], header: str | None, title: str
) -> None:
    headers = {**french.headers, **({"x-medusa-locale": header} if header else {})}
    asked = {"fields": "title", **query}

    answer = good(await client.get("/store/products", params=asked, headers=headers))

    assert [product["title"] for product in answer["products"]] == [title]


@pytest.mark.parametrize(
    ("path", "name", "text"),
    [
        ("collections", "title", "Ete"),
        ("product-tags", "value", "nouveau"),
        ("product-types", "value", "Haut"),
        ("product-categories", "name", "Tout"),
    ],
)
async def test_groups_are_translated(
    client: httpx.AsyncClient, french: Window, path: str, name: str, text: str
) -> None:
    answer = await client.get(
        f"/store/{path}/{french.ids[path]}",
        params={"locale": "fr-FR", "fields": name},
        headers=french.headers,
    )

    [row] = good(answer).values()
    assert row[name] == text


async def test_filters_look_at_the_texts_themselves(
    client: httpx.AsyncClient, french: Window
) -> None:
    for title, count in (("Chemise", 0), ("Shirt", 1)):
        asked = {"locale": "fr-FR", "title": title, "fields": "title"}
        answer = good(await client.get("/store/products", params=asked, headers=french.headers))

        assert answer["count"] == count


async def test_a_field_that_is_not_translated_any_more_is_shown_as_it_is(
    tx: Transaction, client: httpx.AsyncClient, french: Window
) -> None:
    await tx.execute("UPDATE translation_settings SET is_active = false")

    assert (await read(client, french, locale="fr-FR"))["title"] == "Shirt"
