"""POST /admin/products/{id}: what a change keeps, replaces and refuses."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.hooks import Change
from merx.modules.product.hooks import PRODUCTS
from tests.answers import good, problems, refused
from tests.factories.catalogue import make_category, make_collection, make_tag, make_type
from tests.factories.products import (
    Body,
    item_of,
    make_product,
    make_sales_channel,
    make_shipping_profile,
    make_variant,
    prices,
    variant,
)
from tests.observed import emitted, forget_events

PATH = "/admin/products"


async def update(admin: httpx.AsyncClient, product_id: str, **changes: Any) -> Body:
    """The product after a change that must succeed."""
    return good(await admin.post(f"{PATH}/{product_id}", json=changes))["product"]


async def read(admin: httpx.AsyncClient, product_id: str, fields: str) -> Body:
    """Some fields of the product."""
    return good(await admin.get(f"{PATH}/{product_id}", params={"fields": fields}))["product"]


async def test_what_is_not_named_stays(admin: httpx.AsyncClient, tx: Transaction) -> None:
    given = {
        "subtitle": "s",
        "status": "published",
        "type_id": await make_type(tx, "t"),
        "collection_id": await make_collection(tx, "c"),
        "tags": [{"id": await make_tag(tx, "t")}],
        "categories": [{"id": await make_category(tx, "c")}],
        "sales_channels": [{"id": await make_sales_channel(tx)}],
        "shipping_profile_id": await make_shipping_profile(tx),
        "images": [{"url": "a"}, {"url": "b"}],
        "metadata": {"a": 1},
        "weight": 1.5,
    }
    made = await make_product(tx, variants=[variant(prices=prices(usd=1))], **given)
    fields = "+shipping_profile.*,+categories.*"
    before = await read(admin, made.id, fields)

    good(await admin.post(f"{PATH}/{made.id}", json={"title": "Changed"}))

    after = await read(admin, made.id, fields)
    assert {**after, "updated_at": None} == {**before, "title": "Changed", "updated_at": None}


@pytest.mark.parametrize(
    ("given", "result"),
    [
        pytest.param({"c": 3}, {"a": 1, "b": {"x": 1}, "c": 3}, id="a new key is added"),
        pytest.param({"b": {"y": 2}}, {"a": 1, "b": {"y": 2}}, id="an object is replaced whole"),
        pytest.param({"a": ""}, {"b": {"x": 1}}, id="an empty text removes the key"),
        pytest.param({"a": None}, {"a": None, "b": {"x": 1}}, id="null is kept as a value"),
        pytest.param({"none": ""}, {"a": 1, "b": {"x": 1}}, id="removing what is not there"),
        pytest.param({}, {}, id="an empty object empties"),
        pytest.param(None, None, id="null clears"),
    ],
)
async def test_metadata_is_merged_key_by_key(
    admin: httpx.AsyncClient, tx: Transaction, given: Any, result: Any
) -> None:
    made = await make_product(tx, metadata={"a": 1, "b": {"x": 1}})

    assert (await update(admin, made.id, metadata=given))["metadata"] == result


async def test_images_with_ids_are_kept_and_stand_in_the_given_order(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, images=[{"url": "a"}, {"url": "b"}, {"url": "c"}])
    images = (await read(admin, made.id, "images.id,images.url"))["images"]
    ids = {image["url"]: image["id"] for image in images}
    wanted = [{"url": "new"}, {"id": ids["c"], "url": "C"}, {"id": ids["a"], "url": "a"}]

    changed = await update(admin, made.id, images=wanted)

    assert [image["url"] for image in changed["images"]] == ["new", "C", "a"]
    assert [image["id"] for image in changed["images"]][1:] == [ids["c"], ids["a"]]
    assert [image["rank"] for image in changed["images"]] == [0, 1, 2]


async def test_images_of_another_product_are_refused_by_name(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    mine, other = (
        await make_product(tx, "Mine"),
        await make_product(tx, "Other", images=[{"url": "a"}]),
    )
    [image] = (await read(admin, other.id, "images.id"))["images"]

    answer = await admin.post(
        f"{PATH}/{mine.id}", json={"images": [{"id": image["id"], "url": "x"}, {"url": "y"}]}
    )

    assert image["id"] in refused(answer, 404)
    assert (await read(admin, other.id, "images.url"))["images"] == [{"url": "a"}]
    assert (await read(admin, mine.id, "images.url"))["images"] == []


async def test_the_list_of_variants_replaces_those_there(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(
        tx, variants=[variant("stays", sku="A"), variant("goes", sku="B"), variant("too")]
    )
    stays, goes, too = made.variant_ids
    wanted = [
        variant("new", sku="B"),
        {"id": too, "title": "renamed"},
        {"id": stays},
    ]
    await forget_events(tx)

    item_id = await item_of(tx, goes)
    changed = await update(admin, made.id, variants=wanted)

    found = {row["title"]: row for row in changed["variants"]}
    assert set(found) == {"new", "renamed", "stays"}
    assert (found["renamed"]["id"], found["stays"]["id"]) == (too, stays)
    assert await emitted(tx) == {
        "product.updated": [made.id],
        "product-variant.created": [found["new"]["id"]],
        "product-variant.updated": [too, stays],
        "product-variant.deleted": [goes],
        "inventory-item.created": [await item_of(tx, found["new"]["id"])],
        "inventory-item.deleted": [item_id],
    }


async def test_skus_can_be_swapped_within_the_list_of_variants(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, variants=[variant("a", sku="A"), variant("b", sku="B")])
    one, two = made.variant_ids

    changed = await update(
        admin, made.id, variants=[{"id": one, "sku": "B"}, {"id": two, "sku": "A"}]
    )

    assert {row["title"]: row["sku"] for row in changed["variants"]} == {"a": "B", "b": "A"}


async def test_bad_variants_are_named_by_their_place_in_the_list(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, variants=[variant("a", sku="A"), variant("b", sku="B")])
    other = await make_product(tx, "Other")
    await make_variant(tx, other.id, sku="taken")
    one, two = made.variant_ids
    clash = [variant("new"), {"id": one}, {"id": two, "sku": "taken"}]
    currency = [{"id": one}, variant("new", prices=prices(zzz=1)), {"id": two}]

    taken = await admin.post(f"{PATH}/{made.id}", json={"variants": clash})
    unknown = await admin.post(f"{PATH}/{made.id}", json={"variants": currency})

    assert list(problems(taken)) == ["variants[2].sku"]
    assert list(problems(unknown)) == ["variants[1].prices[0].currency_code"]
    assert len((await read(admin, made.id, "variants.id"))["variants"]) == 2


async def test_a_variant_of_another_product_is_refused_by_name(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    mine, other = await make_product(tx, "Mine"), await make_product(tx, "Other")
    foreign = await make_variant(tx, other.id)

    answer = await admin.post(
        f"{PATH}/{mine.id}", json={"variants": [{"id": foreign, "title": "x"}]}
    )

    assert refused(answer) == f"Cannot update non-existing variants with ids: {foreign}"
    assert list(problems(answer)) == ["variants[0].id"]


async def test_a_variant_that_is_listed_twice_is_refused(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, variants=[variant("a")])
    [one] = made.variant_ids

    answer = await admin.post(
        f"{PATH}/{made.id}", json={"variants": [{"id": one, "title": "x"}, {"id": one}]}
    )

    assert one in refused(answer)
    assert list(problems(answer)) == ["variants[0].id", "variants[1].id"]


async def test_a_new_variant_without_a_title_is_refused_by_path(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, variants=[variant("a")])

    answer = await admin.post(
        f"{PATH}/{made.id}", json={"variants": [variant("b"), {"sku": "x"}, {"prices": []}]}
    )

    assert refused(answer).startswith("Invalid request: Field 'variants, 1, title' is required")
    assert list(problems(answer)) == ["variants[1].title", "variants[2].title"]


async def test_prices_of_a_new_variant_cannot_have_ids(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, variants=[variant("a", prices=prices(usd=1))])
    [price] = (await read(admin, made.id, "variants.prices.id"))["variants"][0]["prices"]
    wanted = variant("b", prices=[{"id": price["id"], "amount": 2}])

    answer = await admin.post(f"{PATH}/{made.id}", json={"variants": [wanted]})

    refused(answer)
    assert list(problems(answer)) == ["variants[0].prices"]


async def test_options_that_variants_still_use_cannot_go(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(
        tx, variants=[variant("blue", options={"Color": "Blue"}), variant("none")]
    )
    [option] = (await read(admin, made.id, "options.id"))["options"]

    answer = await admin.post(f"{PATH}/{made.id}", json={"option_ids": []})
    kept = await update(admin, made.id, option_ids=[option["id"]])
    bare = await update(admin, made.id, option_ids=[], variants=[])

    assert refused(answer) == (
        "Cannot unassign product option from product which has variants for that option"
    )
    assert [row["id"] for row in kept["options"]] == [option["id"]]
    assert (bare["options"], bare["variants"]) == ([], [])


async def test_a_failure_leaves_nothing_changed(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await make_product(tx, images=[{"url": "a"}], variants=[variant("a", sku="A")])
    before, events = await read(admin, made.id, "*"), await emitted(tx)
    changes = {
        "title": "x",
        "images": [],
        "metadata": {"x": 1},
        "variants": [variant("b", sku="B", prices=prices(zzz=1))],
    }

    refused(await admin.post(f"{PATH}/{made.id}", json=changes))

    assert await read(admin, made.id, "*") == before
    assert await emitted(tx) == events


@pytest.mark.parametrize(
    "handle", ["Capital", "with space", "a/b", "a?b", "#", "%20", "a\tb", "a\n"]
)
async def test_a_handle_must_stand_in_a_url(
    admin: httpx.AsyncClient, tx: Transaction, handle: str
) -> None:
    made = await make_product(tx)

    answer = await admin.post(f"{PATH}/{made.id}", json={"handle": handle})

    assert refused(answer).startswith("Invalid product handle")


async def test_hooks_of_products_get_the_additional_data(
    app: FastAPI, admin: httpx.AsyncClient
) -> None:
    seen: list[tuple[int, dict[str, Any]]] = []

    async def note(tx: Transaction, rows: Sequence[Change]) -> None:
        ids, data = [row.id for row in rows], dict(rows[0].additional_data)
        found = await tx.fetchval("SELECT count(*) FROM product WHERE id = ANY($1::text[])", ids)
        seen.append((found, data))
        if data.get("refuse"):
            raise InvalidData("No")

    own = app.state.hooks
    app.state.hooks = {PRODUCTS.created: (note,), PRODUCTS.updated: (note,)}
    sent = {"title": "Shirt", "options": [{"title": "Color", "values": ["Blue"]}]}

    made = good(await admin.post(PATH, json={**sent, "additional_data": {"a": 1}}))["product"]
    await update(admin, made["id"], title="New", additional_data={"b": 2})
    changes = {"title": "Newer", "additional_data": {"refuse": True}}
    answer = await admin.post(f"{PATH}/{made['id']}", json=changes)
    app.state.hooks = own

    assert refused(answer) == "No"
    assert seen == [(1, {"a": 1}), (1, {"b": 2}), (1, {"refuse": True})]
    assert (await read(admin, made["id"], "title"))["title"] == "New"
