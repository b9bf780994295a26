"""/admin/products: list, create and delete, beyond what the reference was recorded on."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.catalogue import make_category, make_tag, make_type
from tests.factories.products import (
    Body,
    item_of,
    make_location,
    make_product,
    make_sales_channel,
    prices,
    variant,
)
from tests.factories.stock import make_level
from tests.observed import emitted, forget_events

PATH = "/admin/products"
OPTIONS = [{"title": "Color", "values": ["Blue", "Red"]}]


async def listed(admin: httpx.AsyncClient, **query: Any) -> list[str]:
    """The titles of the products that a query lists, in its order."""
    answer = good(await admin.get(PATH, params={"fields": "title", **query}))
    return [row["title"] for row in answer["products"]]


def body(**fields: Any) -> Body:
    """The body of a new product."""
    return {"title": "Shirt", "options": OPTIONS, **fields}


async def test_every_wrong_field_of_a_new_product_is_named(admin: httpx.AsyncClient) -> None:
    sent = body(
        status="sold",
        images=[{"url": "a"}, {}],
        tags=[{"id": 1}],
        options=[{"title": "Color"}, {"values": ["S"]}],
        variants=[
            variant(),
            {"title": "no prices", "options": {"Color": 3}, "colour": 1},
            variant(prices=prices(usd=-1)),
        ],
        metadata=[],
    )

    answer = await admin.post(PATH, json=sent)

    refused(answer)
    assert list(problems(answer)) == [
        "images[1].url",
        "status",
        "tags[0].id",
        "options[0].values",
        "options[1].title",
        "variants[1].prices",
        "variants[1].options.Color",
        "variants[1].colour",
        "variants[2].prices[0].amount",
        "metadata",
    ]


async def test_a_bad_variant_leaves_nothing_of_the_product(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    before = await emitted(tx)
    blue = {"Color": "Blue"}
    sent = body(
        images=[{"url": "a"}],
        variants=[
            variant("one", sku="A", options=blue),
            variant("two", options={"Color": "Green"}, prices=prices(zzz=1)),
            variant("three", sku="A", options=blue),
        ],
    )

    answer = await admin.post(PATH, json=sent)

    assert problems(answer) == {
        "variants[1].prices[0].currency_code": "Currency with code: zzz was not found",
        "variants[1].options": "Option value Green does not exist for option Color",
        "variants[2].sku": "Product variant with sku: A, already exists.",
        "variants[2].options": "Variant (one) with provided options already exists.",
    }
    assert await tx.fetchval("SELECT count(*) FROM product") == 0
    assert await tx.fetchval("SELECT count(*) FROM product_option") == 0
    assert await emitted(tx) == before


@pytest.mark.parametrize("field", ["tags", "categories", "sales_channels"])
async def test_every_missing_row_that_a_product_names_is_named(
    admin: httpx.AsyncClient, field: str
) -> None:
    answer = await admin.post(PATH, json=body(**{field: [{"id": "id_one"}, {"id": "id_two"}]}))

    assert "id_one" in refused(answer, 400 if field == "tags" else 404)
    named = problems(answer)
    assert "id_one" in named[f"{field}[0].id"]
    assert "id_two" in named[f"{field}[1].id"]


@pytest.mark.parametrize(
    ("title", "handle"),
    [
        pytest.param("Ünï-çödé Straße!", "ünï-çödé-strasse", id="letters of any script stay"),
        pytest.param("  A   B__C  ", "a-b-c", id="words are joined"),
        pytest.param("日本語", "日本語", id="no latin letters"),
    ],
)
async def test_a_handle_is_made_of_the_title(
    admin: httpx.AsyncClient, title: str, handle: str
) -> None:
    made = good(await admin.post(PATH, json=body(title=title)))["product"]

    assert made["handle"] == handle


async def test_products_of_one_title_need_handles_of_their_own(
    admin: httpx.AsyncClient,
) -> None:
    good(await admin.post(PATH, json=body()))

    again = await admin.post(PATH, json=body())
    other = await admin.post(PATH, json=body(handle="shirt-2"))

    assert refused(again) == "Product with handle: shirt, already exists."
    assert good(other)["product"]["handle"] == "shirt-2"


async def test_columns_and_relations_order_a_list(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    cotton, wool = await make_type(tx, "cotton"), await make_type(tx, "wool")
    for title, type_id, skus in (
        ("C", wool, ["7", "1"]),
        ("A", cotton, ["4"]),
        ("D", cotton, ["2", "9"]),
        ("B", wool, ["3"]),
    ):
        made = [variant(sku=sku) for sku in skus]
        await make_product(tx, title, type_id=type_id, variants=made, handle=title.lower())

    assert await listed(admin, order="type.value,-title") == ["D", "A", "C", "B"]
    assert await listed(admin, order="-type.value,title") == ["B", "C", "A", "D"]
    assert await listed(admin, order="variants.sku") == ["C", "D", "B", "A"]
    assert await listed(admin, order="type.value", limit=3, offset=1) == ["D", "C", "B"]


@pytest.mark.parametrize(
    "order",
    ["colour", "variants", "variants.colour", "title.x", "TITLE", "-", ".", "variants.",
     "variants.calculated_price", "title;DROP TABLE product",
     ".".join(["variants", "product"] * 20) + ".title"],
)  # fmt: skip
async def test_an_order_that_no_field_has_is_refused(admin: httpx.AsyncClient, order: str) -> None:
    answer = await admin.get(PATH, params={"order": order})

    assert refused(answer).startswith("Invalid request: Cannot order by unknown field")
    assert list(problems(answer)) == ["order"]


async def test_too_many_orders_are_refused(admin: httpx.AsyncClient) -> None:
    answer = await admin.get(PATH, params={"order": ",".join(["title"] * 9)})

    assert refused(answer) == "Invalid request: 'order' names more than 8 fields"


@pytest.mark.parametrize("name", ["created_at", "updated_at", "deleted_at"])
@pytest.mark.parametrize(
    "text",
    ["", "garbage", "2026", "2026-13-01", "2026-02-30T00:00:00Z", "99999-01-01", "1e9", "null ",
     "2026-01-01T25:00:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"],
)  # fmt: skip
async def test_what_is_no_time_is_refused(admin: httpx.AsyncClient, name: str, text: str) -> None:
    answer = await admin.get(PATH, params={f"{name}[$gt]": text})

    assert refused(answer) == (
        f"Invalid request: Field '{name}, $gt': '{text}' is not a date or time"
    )
    assert list(problems(answer)) == [f"{name}.$gt"]


async def test_times_bound_a_list(admin: httpx.AsyncClient, tx: Transaction) -> None:
    for title, day in (("Old", "2024-01-10"), ("New", "2026-01-10")):
        made = await make_product(tx, title)
        await tx.execute(f"UPDATE product SET created_at = '{day}T12:00Z' WHERE id = $1", made.id)

    assert await listed(admin, **{"created_at[$gt]": "2025-01-01"}) == ["New"]
    assert await listed(admin, **{"created_at[$lte]": "2024-01-10T14:00:00+02:00"}) == ["Old"]
    assert await listed(admin, **{"created_at[$lt]": "2024-01-10T14:00:00+02:00"}) == []
    assert await listed(admin, **{"created_at[$not][$gt]": "2025-01-01"}) == ["Old"]
    assert await listed(admin, created_at="2026-01-10T12:00:00.000Z") == ["New"]


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize("text", ["-1", "1e30", "nan", "inf", "1_0", "٣", "0x1", "five", ""])
async def test_a_page_is_bounded_by_numbers(admin: httpx.AsyncClient, name: str, text: str) -> None:
    answer = await admin.get(PATH, params={name: text})

    assert f"'{name}'" in refused(answer)
    assert list(problems(answer)) == [name]


async def test_a_page_beyond_the_end_is_empty_and_still_counts(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_product(tx)

    answer = good(await admin.get(PATH, params={"offset": 10**15, "limit": 10**15}))

    assert (answer["products"], answer["count"]) == ([], 1)


async def test_conditions_combine(admin: httpx.AsyncClient, tx: Transaction) -> None:
    red, blue = await make_tag(tx, "red"), await make_tag(tx, "blue")
    men = await make_category(tx, "Men")
    shirts = await make_category(tx, "Shirts", men)
    for title, fields in (
        ("A", {"tags": [{"id": red}], "status": "published"}),
        ("B", {"tags": [{"id": blue}], "categories": [{"id": shirts}]}),
        ("C", {"tags": [{"id": red}, {"id": blue}], "variants": [variant(sku="C")]}),
    ):
        await make_product(tx, title, **fields)

    assert await listed(admin, tag_id=red) == ["A", "C"]
    assert await listed(admin, **{"tag_id[]": [red, blue]}) == ["A", "B", "C"]
    assert await listed(admin, tag_id=red, **{"status[]": "draft"}) == ["C"]
    either = {"$or[0][category_id]": shirts, "$or[1][variants][sku]": "C"}
    assert await listed(admin, **either) == ["B", "C"]
    both = {"$and[0][tag_id]": red, "$and[1][tag_id]": blue}
    assert await listed(admin, **both) == ["C"]
    assert await listed(admin, **{"$or[0][title]": "A", "tag_id": blue}) == []
    assert await listed(admin, category_id=men) == []
    assert await listed(admin, external_id="null", title="A") == ["A"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("a" + "[b]" * 20 + "=1", "go deeper than 8 levels", id="deep"),
        pytest.param(
            "$or[0]" + "[$or][0]" * 4 + "[title]=1", "go deeper than 8 levels", id="deep words"
        ),
        pytest.param(
            "&".join(f"$or[{n}][title]=x" for n in range(201)),
            "More than 200 filter conditions",
            id="many conditions",
        ),
        pytest.param("&".join(["id[]=x"] * 1001), "more than 1000 parameters", id="many values"),
    ],
)
async def test_filters_are_bounded(admin: httpx.AsyncClient, query: str, words: str) -> None:
    answer = await admin.get(f"{PATH}?{query}")

    assert words in refused(answer)


async def test_search_takes_wildcards_as_they_are(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    for place, title in enumerate(("100% wool", "100 wool", "a_b", "axb", "back\\slash")):
        await make_product(tx, title, handle=f"p-{place}")

    assert await listed(admin, q="0%") == ["100% wool"]
    assert await listed(admin, q="A_B") == ["a_b"]
    assert await listed(admin, q="k\\s") == ["back\\slash"]
    assert await listed(admin, q="' OR 1=1 --") == []


async def test_deleted_products_are_listed_on_demand(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    kept, gone = await make_product(tx, "Kept"), await make_product(tx, "Gone")
    good(await admin.delete(f"{PATH}/{gone.id}"))

    assert await listed(admin) == ["Kept"]
    assert await listed(admin, with_deleted="true") == ["Kept", "Gone"]
    assert await listed(admin, with_deleted="true", id=kept.id) == ["Kept"]


async def test_a_deleted_product_frees_its_handle_and_skus(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    sent = body(variants=[variant(sku="A", options={"Color": "Blue"})])
    first = good(await admin.post(PATH, json=sent))["product"]
    variant_id = first["variants"][0]["id"]
    item_id = await item_of(tx, variant_id)
    await forget_events(tx)
    good(await admin.delete(f"{PATH}/{first['id']}"))
    told = await emitted(tx)

    second = good(await admin.post(PATH, json=sent))["product"]

    assert second["handle"] == first["handle"]
    assert told == {
        "product.deleted": [first["id"]],
        "product-variant.deleted": [variant_id],
        "inventory-item.deleted": [item_id],
    }


async def test_a_product_whose_stock_is_reserved_stays_whole(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, variants=[variant("one"), variant("two")])
    item = await item_of(tx, made.variant_ids[1])
    await make_level(tx, item, await make_location(tx), stocked=1, reserved=1)

    answer = await admin.delete(f"{PATH}/{made.id}")

    assert item in refused(answer)
    found = good(await admin.get(f"{PATH}/{made.id}", params={"fields": "variants.title"}))
    assert len(found["product"]["variants"]) == 2


async def test_a_channel_lists_its_products_once(admin: httpx.AsyncClient, tx: Transaction) -> None:
    web, shop = await make_sales_channel(tx, "Web"), await make_sales_channel(tx, "Shop")
    await make_product(tx, "Both", sales_channels=[{"id": web}, {"id": shop}, {"id": web}])
    await make_product(tx, "None")

    answer = await admin.get(PATH, params={"sales_channel_id[]": [web, shop], "fields": "title"})

    assert [row["title"] for row in good(answer)["products"]] == ["Both"]
    assert good(answer)["count"] == 1
