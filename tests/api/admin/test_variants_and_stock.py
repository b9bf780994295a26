"""A variant whose sku an inventory item has that no variant takes."""

import httpx

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.products import make_product, variant


async def _item(admin: httpx.AsyncClient, sku: str) -> str:
    answer = await admin.post("/admin/inventory-items", json={"sku": sku})
    return answer.json()["inventory_item"]["id"]


async def _links(admin: httpx.AsyncClient, product_id: str) -> list[str]:
    fields = {"fields": "*variants.inventory_items"}
    answer = await admin.get(f"/admin/products/{product_id}", params=fields)
    variants = answer.json()["product"]["variants"]
    return [link["inventory_item_id"] for one in variants for link in one["inventory_items"]]


async def test_the_sku_of_an_unlinked_item_is_refused(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    await _item(admin, "A")

    answer = await admin.post(
        f"/admin/products/{product.id}/variants", json={"title": "a", "sku": "A", "prices": []}
    )

    assert answer.status_code == 400
    assert answer.json()["message"] == "Inventory item with sku: A, already exists."


async def test_a_new_variant_can_take_the_unlinked_item_of_its_sku(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    item_id = await _item(admin, "A")
    body = {"title": "a", "sku": "A", "prices": [], "link_inventory_by_sku": True}

    answer = await admin.post(f"/admin/products/{product.id}/variants", json=body)

    assert answer.status_code == 200
    assert await _links(admin, product.id) == [item_id]


async def test_a_variant_that_manages_its_stock_again_can_take_its_old_item(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    path = f"/admin/products/{product.id}/variants"
    body = {"title": "a", "sku": "A", "prices": []}
    made = (await admin.post(path, json=body)).json()["product"]["variants"][0]["id"]
    links = await _links(admin, product.id)
    await admin.post(f"{path}/{made}", json={"manage_inventory": False})

    again = {"manage_inventory": True, "link_inventory_by_sku": True}
    answer = await admin.post(f"{path}/{made}", json=again)

    assert answer.status_code == 200
    assert await _links(admin, product.id) == links


async def test_a_variant_that_begins_to_manage_stock_keeps_the_items_it_has(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    bodies = [variant(title, manage_inventory=False, sku=title) for title in ("A", "B", "C")]
    product = await make_product(tx, variants=bodies)
    taken, other = await _item(admin, "X"), await _item(admin, "Y")
    a, b, c = product.variant_ids
    path = f"/admin/products/{product.id}/variants"
    for variant_id, item_id in ((a, taken), (b, taken), (b, other)):
        link = {"inventory_item_id": item_id, "required_quantity": 2}
        good(await admin.post(f"{path}/{variant_id}/inventory-items", json=link))

    await admin.post(f"{path}/{a}", json={"manage_inventory": True})
    rows = [{"id": one, "manage_inventory": True} for one in (b, c)]
    good(await admin.post(f"{path}/batch", json={"update": rows}))

    links = await _links(admin, product.id)
    assert sorted(links[:-1]) == sorted([taken, taken, other])
    assert links[-1] not in (taken, other)
