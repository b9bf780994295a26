"""Links of variants to inventory items, beyond what the reference was recorded on."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.modules.product.schemas import BatchLinks
from merx.workflows.catalogue.link_inventory import change_links_of
from tests.answers import good, problems, refused
from tests.factories.products import (
    Body,
    Made,
    item_of,
    make_item,
    make_items,
    make_product,
    make_variant,
    variant,
)


@pytest.fixture
async def shirt(tx: Transaction) -> Made:
    """A product with two variants that take no stock yet."""
    bodies = [variant(title, manage_inventory=False) for title in ("one", "two")]
    return await make_product(tx, variants=bodies)


@pytest.fixture
def path(shirt: Made) -> str:
    return f"/admin/products/{shirt.id}/variants"


def row(variant_id: str, item_id: str, quantity: float | None = None) -> Body:
    """A row of a batch; one to be deleted has no quantity."""
    pair = {"variant_id": variant_id, "inventory_item_id": item_id}
    return pair if quantity is None else {**pair, "required_quantity": quantity}


async def stored(tx: Transaction) -> dict[tuple[str, str], float]:
    """The required quantities of all links by variant and item."""
    records = await tx.fetch(
        "SELECT variant_id, inventory_item_id, required_quantity"
        " FROM product_variant_inventory_item"
    )
    return {(record[0], record[1]): float(record[2]) for record in records}


async def test_every_missing_variant_is_named_by_row(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    mine = shirt.variant_ids[0]
    foreign = await make_variant(tx, (await make_product(tx, "Other")).id)
    linked = await item_of(tx, foreign)
    item = await make_item(tx)
    before = await stored(tx)
    batch = {
        "create": [row(mine, item, 1), row("variant_none", item, 1)],
        "update": [row(foreign, linked, 2)],
        "delete": [row(foreign, linked), row(mine, item)],
    }

    answer = await admin.post(f"{path}/inventory-items/batch", json=batch)

    assert refused(answer, 404) == (
        f"Variants with ids: variant_none, {foreign} were not found on product {shirt.id}"
    )
    assert list(problems(answer)) == [
        "create[1].variant_id",
        "update[0].variant_id",
        "delete[0].variant_id",
    ]
    assert await stored(tx) == before


async def test_every_missing_item_is_named_by_row(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    one, two = shirt.variant_ids
    item = await make_item(tx)
    batch = {"create": [row(one, "iitem_a", 1), row(one, item, 1), row(two, "iitem_b", 1)]}

    answer = await admin.post(f"{path}/inventory-items/batch", json=batch)

    assert refused(answer, 404) == "Inventory Items with ids: iitem_a, iitem_b was not found"
    assert list(problems(answer)) == ["create[0].inventory_item_id", "create[2].inventory_item_id"]
    assert await stored(tx) == {}


async def test_every_missing_link_is_named_by_row(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    one, two = shirt.variant_ids
    item = await make_item(tx)
    good(await admin.post(f"{path}/inventory-items/batch", json={"create": [row(one, item, 1)]}))
    batch = {
        "update": [row(one, item, 5), row(two, item, 5), row(one, "iitem_none", 5)],
        "delete": [row(one, item)],
    }

    answer = await admin.post(f"{path}/inventory-items/batch", json={"update": batch["update"]})

    assert refused(answer, 404) == "Could not find all existing links from data"
    assert problems(answer) == {
        "update[1]": f"Variant {two} does not use item {item}",
        "update[2]": f"Variant {one} does not use item iitem_none",
    }
    assert await stored(tx) == {(one, item): 1}


@pytest.mark.parametrize("word", ["create", "update"])
async def test_a_pair_named_twice_in_one_list_is_refused(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str, word: str
) -> None:
    one, two = shirt.variant_ids
    item = await make_item(tx)
    batch = {word: [row(one, item, 1), row(two, item, 1), row(one, item, 2)]}

    answer = await admin.post(f"{path}/inventory-items/batch", json=batch)

    assert refused(answer) == f"Cannot associate duplicate inventory items to variant(s) {one}"
    assert problems(answer)[f"{word}[2]"] == refused(answer)
    assert await stored(tx) == {}


@pytest.mark.parametrize(
    "quantity",
    [
        pytest.param(0, id="none"),
        pytest.param(-1, id="negative"),
        pytest.param(None, id="null"),
        pytest.param("1", id="text"),
        pytest.param(True, id="boolean"),
    ],
)
async def test_a_quantity_must_be_a_number_above_zero(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str, quantity: Any
) -> None:
    one = shirt.variant_ids[0]
    item = await make_item(tx)
    link = {"variant_id": one, "inventory_item_id": item, "required_quantity": quantity}
    batch = {"create": [row(one, item, 1), link], "update": [link]}

    answer = await admin.post(f"{path}/inventory-items/batch", json=batch)

    refused(answer)
    assert list(problems(answer)) == ["create[1].required_quantity", "update[0].required_quantity"]
    assert await stored(tx) == {}


@pytest.mark.parametrize("quantity", [1, 1.5, 0.001, 1e15])
async def test_a_quantity_comes_back_as_it_was_sent(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str, quantity: float
) -> None:
    one = shirt.variant_ids[0]
    item = await make_item(tx)
    fields = {"fields": "inventory_items.required_quantity"}

    batch = {"create": [row(one, item, quantity)]}
    answer = good(await admin.post(f"{path}/inventory-items/batch", json=batch))
    read = good(await admin.get(f"{path}/{one}", params=fields))

    assert answer["created"][0]["data"] == {"required_quantity": quantity}
    assert read["variant"]["inventory_items"][0]["required_quantity"] == quantity


async def test_answers_stand_in_the_order_of_the_rows(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    one, two = shirt.variant_ids
    items = await make_items(tx, 30)
    new = [row(one if place % 2 else two, item, place + 1) for place, item in enumerate(items)]
    changed = [{**link, "required_quantity": 9} for link in reversed(new)]
    pairs = [{"variant_id": two, "inventory_item_id": item} for item in reversed(items)]

    created = good(await admin.post(f"{path}/inventory-items/batch", json={"create": new}))
    rest = good(
        await admin.post(
            f"{path}/inventory-items/batch", json={"update": changed, "delete": pairs[:0]}
        )
    )
    gone = good(await admin.post(f"{path}/inventory-items/batch", json={"delete": pairs}))

    assert [flat(link) for link in created["created"]] == new
    assert [flat(link) for link in rest["updated"]] == changed
    assert [flat(link) for link in gone["deleted"]] == pairs


def flat(link: dict[str, dict[str, Any]]) -> Body:
    """A row of an answer as it was asked for."""
    return {**link["product"], **link["inventory"], **link.get("data", {})}


async def test_a_link_that_is_deleted_and_made_anew_in_one_call_is_there(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    one = shirt.variant_ids[0]
    item = await make_item(tx)
    good(await admin.post(f"{path}/inventory-items/batch", json={"create": [row(one, item, 1)]}))

    batch = {"delete": [row(one, item)], "create": [row(one, item, 4)]}
    good(await admin.post(f"{path}/inventory-items/batch", json=batch))

    assert await stored(tx) == {(one, item): 4}


async def test_deleted_variants_and_items_cannot_be_linked(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    one, two = shirt.variant_ids
    item = await make_item(tx)
    gone = await make_item(tx)
    good(await admin.delete(f"{path}/{two}"))
    good(await admin.delete(f"/admin/inventory-items/{gone}"))

    variants = await admin.post(
        f"{path}/inventory-items/batch", json={"create": [row(two, item, 1)]}
    )
    items = await admin.post(f"{path}/inventory-items/batch", json={"create": [row(one, gone, 1)]})

    assert two in refused(variants, 404)
    assert gone in refused(items, 404)
    assert await stored(tx) == {}


async def test_single_routes_name_the_field_of_their_body(
    admin: httpx.AsyncClient, shirt: Made, path: str
) -> None:
    link = {"inventory_item_id": "iitem_none", "required_quantity": 1}

    created = await admin.post(f"{path}/{shirt.variant_ids[0]}/inventory-items", json=link)
    zero = await admin.post(
        f"{path}/{shirt.variant_ids[0]}/inventory-items", json={**link, "required_quantity": 0}
    )

    assert refused(created, 404) == "Inventory Items with ids: iitem_none was not found"
    assert list(problems(created)) == ["inventory_item_id"]
    assert list(problems(zero)) == ["required_quantity"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_single_routes_refuse_variants_of_another_product(
    admin: httpx.AsyncClient, tx: Transaction, path: str, method: str
) -> None:
    foreign = await make_variant(tx, (await make_product(tx, "Other")).id)
    item = await item_of(tx, foreign)
    body = {"required_quantity": 7} if method == "POST" else None

    answer = await admin.request(method, f"{path}/{foreign}/inventory-items/{item}", json=body)

    assert foreign in refused(answer, 404)
    assert await stored(tx) == {(foreign, item): 1}


async def test_of_several_products_variants_that_have_gone_are_named(tx: Transaction) -> None:
    """As a bulk job finds them: they were there when it looked."""
    first, second = [
        await make_product(tx, title, variants=[variant(sku=title)]) for title in ("Hat", "Cap")
    ]
    item = await make_item(tx, "SPARE")
    owners = {one.variant_ids[0]: one.id for one in (first, second)}
    rows = [
        {"variant_id": one, "inventory_item_id": item, "required_quantity": 1} for one in owners
    ]
    gone = second.variant_ids[0]
    await tx.execute("UPDATE product_variant SET deleted_at = now() WHERE id = $1", gone)

    with pytest.raises(NotFound, match=gone) as refusal:
        await change_links_of(tx, owners, BatchLinks.model_validate({"create": rows}))

    assert [problem.get("path") for problem in refusal.value.problems] == ["create[1].variant_id"]
    assert (
        await tx.fetchval(
            "SELECT count(*) FROM product_variant_inventory_item WHERE inventory_item_id = $1", item
        )
        == 0
    )
