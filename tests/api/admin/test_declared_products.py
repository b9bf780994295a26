"""A product is declared: created, changed where it differs, and left alone where it does not."""

import asyncio

import pytest

from tests.answers import good, refused
from tests.factories.products import make_location, make_product, prices, variant
from tests.workflows.support import contents

PATH = "/admin/products/by-external-id/erp-1"


def row(sku, color, **more):
    return {"title": color, "sku": sku, "options": {"Color": color}, **more}


@pytest.fixture
async def location_id(tx):
    return await make_location(tx)


@pytest.fixture
def shirt(location_id):
    stock = [{"location_id": location_id, "stocked_quantity": 5}]
    return {
        "title": "Shirt",
        "status": "published",
        "weight": 200,
        "metadata": {"season": "summer"},
        "images": [{"url": "https://shop.test/1.png"}, {"url": "https://shop.test/2.png"}],
        "options": [{"title": "Color", "values": ["Red", "Blue"]}],
        "variants": [
            row("S-RED", "Red", prices=prices(usd=10, eur=9.5), stock=stock),
            row("S-BLUE", "Blue", prices=prices(usd=10), weight=3.5),
        ],
    }


async def declare(admin, body, path=PATH):
    return good(await admin.put(path, json=body))


def skus(answer):
    return {one["sku"]: one["id"] for one in answer["product"]["variants"]}


async def test_a_declaration_that_holds_changes_nothing_and_emits_nothing(admin, tx, shirt):
    first = await declare(admin, shirt)
    before = await contents(tx)
    second = await declare(admin, shirt)

    assert (first["created"], second["created"]) == (True, False)
    assert first["product"]["external_id"] == "erp-1"
    assert second["product"] == first["product"]
    assert second["changes"] == []
    assert await contents(tx) == before


async def test_what_differs_is_changed_and_what_is_absent_goes(admin, tx, shirt, location_id):
    first = await declare(admin, shirt)
    red = {**shirt["variants"][0], "prices": prices(usd=12)}
    red["stock"] = [{"location_id": location_id, "stocked_quantity": 7}]
    green = row("S-GREEN", "Green", prices=prices(usd=11))
    wanted = {
        **shirt,
        "title": "Linen shirt",
        "metadata": {"fabric": "linen"},
        "images": [{"url": "https://shop.test/2.png"}],
        "options": [{"title": "Color", "values": ["Red", "Green"]}],
        "variants": [red, green],
    }

    second = await declare(admin, wanted)
    third = await declare(admin, wanted)

    product = second["product"]
    assert (product["title"], product["metadata"]) == ("Linen shirt", {"fabric": "linen"})
    assert [image["url"] for image in product["images"]] == ["https://shop.test/2.png"]
    assert set(skus(second)) == {"S-RED", "S-GREEN"}
    assert skus(second)["S-RED"] == skus(first)["S-RED"]
    values = [value["value"] for option in product["options"] for value in option["values"]]
    assert sorted(values) == ["Green", "Red"]
    told = {change["path"].split("].", 1)[-1] for change in second["changes"]}
    assert {"title", "metadata.season", "metadata.fabric"} <= told
    assert await tx.fetchval("SELECT max(stocked_quantity) FROM inventory_level") == 7
    assert third["changes"] == []


async def test_options_come_and_go_with_their_variants(admin, shirt):
    await declare(admin, shirt)
    both = {"Color": "Red", "Size": "M"}
    wanted = {
        **shirt,
        "options": [*shirt["options"], {"title": "Size", "values": ["M"]}],
        "variants": [{**shirt["variants"][0], "options": both}],
    }

    with_size = await declare(admin, wanted)
    without = await declare(admin, shirt)

    assert {one["title"] for one in with_size["product"]["options"]} == {"Color", "Size"}
    assert {one["title"] for one in without["product"]["options"]} == {"Color"}
    assert (await declare(admin, shirt))["changes"] == []


async def test_keys_that_are_left_out_stay(admin, shirt):
    await declare(admin, shirt)
    lines = [{"sku": one["sku"], "title": one["title"]} for one in shirt["variants"]]
    less = {"title": "Shirt", "options": shirt["options"], "variants": lines}

    assert (await declare(admin, less))["changes"] == []


async def test_a_product_is_declared_by_its_handle(admin, tx, shirt):
    made = await make_product(tx, "Hat", variants=[variant(sku="OLD")])
    handle = await tx.fetchval("SELECT handle FROM product WHERE id = $1", made.id)

    answer = await declare(admin, shirt, f"/admin/products/by-handle/{handle}")

    assert (answer["product"]["id"], answer["created"]) == (made.id, False)
    assert answer["product"]["handle"] == handle
    assert set(skus(answer)) == {"S-RED", "S-BLUE"}


async def test_a_dry_run_tells_and_leaves_everything(admin, tx, shirt):
    await declare(admin, shirt)
    before = await contents(tx)

    answer = await declare(admin, {**shirt, "title": "New"}, f"{PATH}?dry_run=true")

    assert answer["dry_run"] is True
    assert answer["product"]["title"] == "New"
    assert await contents(tx) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"external_id": "other"},
        {"options": []},
        {"variants": [row("A", "Red"), row("A", "Blue")]},
        {"variants": [row("A", "Pink")]},
        {"variants": [{"title": "no sku"}]},
        {"variants": [row("A", "Red", stock=[{"location_id": "x", "stocked_quantity": -1}])]},
        {"surprise": 1},
    ],
    ids=["name", "no options", "sku twice", "unknown value", "no sku", "stock", "unknown key"],
)
async def test_what_cannot_be_is_refused_and_nothing_is_written(admin, tx, shirt, wrong):
    await declare(admin, shirt)
    before = await contents(tx)

    answer = await admin.put(PATH, json={**shirt, **wrong})

    assert answer.status_code == 400, answer.text
    assert await contents(tx) == before


async def test_a_name_of_several_products_is_refused(admin, tx, shirt):
    for title in ("A", "B"):
        product = await make_product(tx, title)
        await tx.execute("UPDATE product SET external_id = 'erp-1' WHERE id = $1", product.id)

    assert "Several products" in refused(await admin.put(PATH, json=shirt), 409)


@pytest.mark.commits
async def test_of_declarations_at_once_one_creates_the_product(admin, tx, shirt):
    answers = await asyncio.gather(*(declare(admin, shirt) for _ in range(4)))

    assert sorted(answer["created"] for answer in answers) == [False] * 3 + [True]
    assert len({answer["product"]["id"] for answer in answers}) == 1
    assert await tx.fetchval("SELECT count(*) FROM event WHERE name = 'product.created'") == 1
