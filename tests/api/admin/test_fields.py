"""The `fields` of a read: how far paths go, what they reach, and where they end."""

import time
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.catalogue import make_category, make_translation
from tests.factories.products import Made, make_product, prices, variant

PATH = "/admin/products"


@pytest.fixture
async def shirt(tx: Transaction) -> Made:
    """A product with two variants and an image."""
    bodies = [variant(color, sku=color, options={"Color": color}) for color in ("Blue", "Green")]
    return await make_product(tx, variants=bodies, images=[{"url": "a"}])


async def shown(admin: httpx.AsyncClient, made: Made, fields: str) -> dict[str, Any]:
    """The product with these fields."""
    return good(await admin.get(f"{PATH}/{made.id}", params={"fields": fields}))["product"]


async def test_a_path_may_come_back_to_where_it_began(
    admin: httpx.AsyncClient, shirt: Made
) -> None:
    product = await shown(admin, shirt, "variants.product.variants.title")

    assert [row["product"]["id"] for row in product["variants"]] == [shirt.id] * 2
    again = product["variants"][1]["product"]["variants"]
    assert [row["title"] for row in again] == ["Blue", "Green"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("options.values.variants.sku", ["Blue", "Green"]),
        ("options.values.option.title", ["Color", "Color"]),
        ("options.products.handle", ["shirt"]),
        ("images.product.handle", ["shirt"]),
        ("variants.options.option.values.value", ["Blue", "Green", "Blue", "Green"]),
        ("variants.inventory_items.inventory.variants.sku", ["Blue", "Green"]),
        ("variants.inventory_items.variant.product.handle", ["shirt", "shirt"]),
    ],
)
async def test_a_path_goes_on_through_what_it_has_passed(
    admin: httpx.AsyncClient, shirt: Made, path: str, found: list[str]
) -> None:
    assert ends(await shown(admin, shirt, path), path.split(".")) == found


def ends(value: Any, path: list[str]) -> list[Any]:
    """The values at the end of a path, through all lists on the way."""
    if isinstance(value, list):
        return [end for item in value for end in ends(item, path)]
    return ends(value[path[0]], path[1:]) if path else [value]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param(
            "variants.product." * 8 + "title", "'fields' goes deeper than 10 levels", id="deep"
        ),
        pytest.param(
            "+" + "variants.product." * 8 + "title", "goes deeper than 10 levels", id="deep, added"
        ),
        pytest.param("title," + "x" * 16_384, "longer than 16384 characters", id="long"),
        pytest.param(",".join(["title"] * 5_000), "longer than 16384 characters", id="repeated"),
    ],
)
@pytest.mark.parametrize("url", [PATH, "one", "/admin/product-variants"])
async def test_fields_beyond_the_bounds_are_refused(
    admin: httpx.AsyncClient, shirt: Made, fields: str, words: str, url: str
) -> None:
    url = f"{PATH}/{shirt.id}" if url == "one" else url

    answer = await admin.get(url, params={"fields": fields})

    assert answer.json()["type"] == "invalid_data"
    assert words in refused(answer)


async def test_fields_that_take_too_many_relations_are_refused(
    admin: httpx.AsyncClient, shirt: Made
) -> None:
    relations = ["type", "collection", "options", "tags", "categories", "images", "variants",
                 "sales_channels", "shipping_profile", "translations"]  # fmt: skip
    paths = [f"variants.product.{name}.*" for name in relations]
    paths += [f"options.products.{name}.*" for name in relations]
    paths += [f"images.product.variants.product.{name}.*" for name in relations]
    paths += [f"categories.products.{name}.*" for name in relations]
    paths += [f"sales_channels.products.variants.product.{name}.*" for name in relations]
    paths += [f"tags.products.{name}.*" for name in relations]
    paths += [f"type.products.variants.product.{name}.*" for name in relations]
    paths += [f"collection.products.{name}.*" for name in relations]
    paths += [f"options.values.variants.product.{name}.*" for name in relations]

    answer = await admin.get(f"{PATH}/{shirt.id}", params={"fields": ",".join(paths)})

    assert refused(answer) == "Invalid request: 'fields' takes more than 100 relations"


async def test_a_path_that_turns_in_a_circle_cannot_blow_up_the_answer(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    bodies = [variant(str(number)) for number in range(30)]
    made = await make_product(tx, variants=bodies)
    fields = ",".join("variants.product." * turns + "variants.title" for turns in range(5))
    began = time.perf_counter()

    answer = await admin.get(f"{PATH}/{made.id}", params={"fields": fields})

    # Each turn of 30 variants multiplies the rows by 30: 24 million of them at the end.
    assert answer.status_code in (200, 400)
    assert "indexed" not in answer.text
    assert len(answer.content) < 20_000_000
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "fields",
    ["", ",", ",,,", "-", "+", "*", "**", ".", "..", ".*", "*.", "-*", "+-*title", "title.",
     ".title", "variants..title", "variants.*.title", "*.*.*", "\0", "' OR 1=1", '"id"', "id;",
     "日本", "\u202e", "title\n", "%", "{row}", "$1", "__proto__", "constructor", "variants.",
     "id id", "TITLE", "🙂.🙂", "-id", "- id", "++title", "title,-title", "price_set_id"],
)  # fmt: skip
async def test_noise_is_ignored_and_the_id_always_there(
    admin: httpx.AsyncClient, shirt: Made, fields: str
) -> None:
    assert (await shown(admin, shirt, fields))["id"] == shirt.id


@pytest.mark.parametrize("text", ["fields[]=title", "fields=a&fields=b", "fields[a]=b"])
async def test_fields_are_one_text(admin: httpx.AsyncClient, shirt: Made, text: str) -> None:
    answer = await admin.get(f"{PATH}/{shirt.id}?{text}")

    assert refused(answer).startswith("Invalid request: Expected type: 'string' for field 'fields'")


async def test_the_order_of_fields_does_not_matter(admin: httpx.AsyncClient, shirt: Made) -> None:
    items = ["variants.prices.amount", "title", "*images", "options.values.value", "variants.sku"]

    forward = await shown(admin, shirt, ",".join(items))
    backward = await shown(admin, shirt, ",".join(reversed(items)))

    assert forward == backward


async def test_the_dashboards_list_of_products_stays_small(
    admin: httpx.AsyncClient, shirt: Made
) -> None:
    fields = "id,title,handle,status,*collection,*sales_channels,variants.id,thumbnail"

    row = await shown(admin, shirt, f"{fields},-type,-tags,-images,-options,-variants")

    assert {*row} == {
        *("id", "title", "handle", "status", "thumbnail"),
        *("type", "collection", "sales_channels", "variants"),
    }
    assert all([*one] == ["id"] for one in row["variants"])


async def test_going_further_takes_nothing_away(admin: httpx.AsyncClient, shirt: Made) -> None:
    plain = await shown(admin, shirt, "+title")
    further = await shown(admin, shirt, "*variants.options.option.values")

    [option] = plain["variants"][0]["options"]
    [more] = further["variants"][0]["options"]
    assert option["option"].items() <= more["option"].items()
    assert {value["value"] for value in more["option"]["values"]} > {"Blue"}


async def test_translations_are_read_beside_their_rows(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made
) -> None:
    await make_translation(tx, "product", shirt.id, "de-DE", title="Hemd", subtitle="Schön")
    await make_translation(tx, "product", shirt.id, "fr-FR", title="Chemise")
    await make_translation(tx, "product_variant", shirt.variant_ids[0], "de-DE", title="Blau")
    other = await make_product(tx, "Other")
    await make_translation(tx, "product", other.id, "de-DE", title="Anderes")

    product = await shown(admin, shirt, "*translations,*variants.translations")

    texts = {row["locale_code"]: row["translations"] for row in product["translations"]}
    assert texts == {
        "de-DE": {"title": "Hemd", "subtitle": "Schön"},
        "fr-FR": {"title": "Chemise"},
    }
    german = next(row for row in product["translations"] if row["locale_code"] == "de-DE")
    assert (german["reference"], german["reference_id"]) == ("product", shirt.id)
    assert german["translated_field_count"] == 2
    blue, green = product["variants"]
    assert [row["translations"] for row in blue["translations"]] == [{"title": "Blau"}]
    assert green["translations"] == []


async def test_deleted_rows_are_not_reached(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made
) -> None:
    blue, _ = shirt.variant_ids
    await make_translation(tx, "product", shirt.id, "de-DE", title="Hemd")
    await tx.execute("UPDATE translation SET deleted_at = now()")
    good(await admin.delete(f"{PATH}/{shirt.id}/variants/{blue}"))

    product = await shown(admin, shirt, "translations.id,variants.sku,options.values.variants.sku")

    assert product["translations"] == []
    assert [row["sku"] for row in product["variants"]] == ["Green"]
    values = product["options"][0]["values"]
    assert [[row["sku"] for row in value["variants"]] for value in values] == [[], ["Green"]]


async def test_categories_are_a_tree_both_ways(admin: httpx.AsyncClient, tx: Transaction) -> None:
    men = await make_category(tx, "Men")
    shirts = await make_category(tx, "Shirts", men)
    await make_category(tx, "Flannel", shirts)
    made = await make_product(tx, categories=[{"id": shirts}], variants=[variant()])
    fields = "categories.name,categories.parent_category.name,categories.category_children.name"

    [category] = (await shown(admin, made, fields))["categories"]

    assert category["name"] == "Shirts"
    assert category["parent_category"]["name"] == "Men"
    assert [row["name"] for row in category["category_children"]] == ["Flannel"]


async def test_rules_of_prices_come_with_them(admin: httpx.AsyncClient, tx: Transaction) -> None:
    rules = {"season": "winter", "kind": "retail"}
    made = await make_product(tx, variants=[variant(prices=[{**prices(usd=1)[0], "rules": rules}])])

    product = await shown(admin, made, "+variants.title")

    assert product["variants"][0]["prices"][0]["rules"] == rules
