"""/admin/audit-log/{id}/revert: a batch is undone whole, or not at all."""

import asyncio
from typing import Any

import httpx
import pytest

PRODUCT = {
    "title": "Shirt",
    "options": [{"title": "Size", "values": ["S", "M", "L"]}],
    "variants": [
        {
            "title": size,
            "sku": f"SHIRT-{size}",
            "options": {"Size": size},
            "prices": [{"amount": 10.5, "currency_code": "eur"}],
        }
        for size in "SM"
    ],
}
WHOLE = "*variants,*variants.prices,*variants.options,*variants.inventory_items,*options,*tags"


async def make_product(admin: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await admin.post("/admin/products", json={**PRODUCT, **more})
    assert answer.status_code == 200, answer.text
    return await seen(admin, answer.json()["product"]["id"])


async def seen(admin: httpx.AsyncClient, product_id: str) -> dict[str, Any]:
    """The product with all its parts, but for the times of changes."""
    answer = await admin.get(f"/admin/products/{product_id}", params={"fields": WHOLE})
    assert answer.status_code == 200, answer.text
    return _timeless(answer.json()["product"])


def _timeless(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(map(_timeless, value), key=lambda one: str(one.get("id") or one))
    if isinstance(value, dict):
        # Links are made anew, and say when.
        return {
            name: _timeless(one)
            for name, one in value.items()
            if name not in ("updated_at", "created_at")
        }
    return value


async def entry_of(admin: httpx.AsyncClient, **filters: Any) -> str:
    """The newest entry that meets the filters."""
    answer = await admin.get("/admin/audit-log", params={"limit": 1, **filters})
    return answer.json()["audit_log_entries"][0]["id"]


async def revert(
    admin: httpx.AsyncClient, entry_id: str, *, dry_run: bool = False
) -> httpx.Response:
    query = {"dry_run": "true"} if dry_run else {}
    headers = {"prefer": "errors=detailed"}
    return await admin.post(f"/admin/audit-log/{entry_id}/revert", params=query, headers=headers)


async def _swap_and_add(admin: httpx.AsyncClient, product: dict[str, Any]) -> None:
    """A batch of everything: deletes one variant, gives its sku to a new one, changes the other."""
    small, medium = sorted(product["variants"], key=lambda one: one["sku"], reverse=True)
    body = {
        "delete": [small["id"]],
        "update": [
            {
                "id": medium["id"],
                "title": "Medium",
                "options": {"Size": "S"},
                "metadata": {"fit": "wide"},
                "prices": [
                    {**_price(medium, "eur"), "amount": 12.25},
                    {"amount": 11, "currency_code": "usd"},
                ],
            }
        ],
        "create": [{"title": "Large", "sku": small["sku"], "options": {"Size": "L"}, "prices": []}],
    }
    answer = await admin.post(
        f"/admin/products/{product['id']}/variants/batch",
        json=body,
        headers={"x-request-id": "batch-1"},
    )
    assert answer.status_code == 200, answer.text


def _price(variant: dict[str, Any], currency: str) -> dict[str, Any]:
    [price] = [one for one in variant["prices"] if one["currency_code"] == currency]
    return {"id": price["id"], "currency_code": currency}


async def test_a_batch_is_undone_whole_and_its_undoing_too(admin: httpx.AsyncClient) -> None:
    before = await make_product(admin)
    await _swap_and_add(admin, before)
    after = await seen(admin, before["id"])
    assert after != before

    undone = await revert(admin, await entry_of(admin, request_id="batch-1"))

    assert undone.status_code == 200, undone.text
    assert await seen(admin, before["id"]) == before
    newest = await entry_of(admin)
    again = await revert(admin, newest)
    assert again.status_code == 200, again.text
    assert await seen(admin, before["id"]) == after


async def test_a_dry_run_answers_what_would_change_and_changes_nothing(
    admin: httpx.AsyncClient,
) -> None:
    product = await make_product(admin)
    await admin.post(f"/admin/products/{product['id']}", json={"title": "Blouse"})
    changed = await seen(admin, product["id"])
    entry = await entry_of(admin, entity="product")

    answer = await revert(admin, entry, dry_run=True)

    assert answer.status_code == 200, answer.text
    assert answer.json()["dry_run"] is True
    assert answer.json()["audit_log_revert"]["reverted"] == [
        {
            "entity": "product",
            "id": product["id"],
            "action": "update",
            "fields": [{"path": "title", "from": "Blouse", "to": "Shirt"}],
        }
    ]
    assert await seen(admin, product["id"]) == changed
    assert await entry_of(admin, entity="product") == entry


async def test_a_field_that_somebody_changed_since_is_named(admin: httpx.AsyncClient) -> None:
    product = await make_product(admin)
    path = f"/admin/products/{product['id']}"
    await admin.post(path, json={"title": "Blouse", "subtitle": "Linen"})
    entry = await entry_of(admin, entity="product")
    await admin.post(path, json={"title": "Dress"})

    answer = await revert(admin, entry)

    assert answer.status_code == 409, answer.text
    [problem] = answer.json()["errors"]
    assert problem["path"] == f"product.{product['id']}.title"
    assert "is 'Dress', not 'Blouse' as after the batch" in problem["message"]
    assert (await seen(admin, product["id"]))["subtitle"] == "Linen"


async def test_a_sku_that_is_taken_meanwhile_stays_with_who_has_it(
    admin: httpx.AsyncClient,
) -> None:
    product = await make_product(admin)
    await admin.delete(f"/admin/products/{product['id']}")
    entry = await entry_of(admin, entity="product", action="delete")
    await make_product(admin, handle="another")

    answer = await revert(admin, entry)

    assert 400 <= answer.status_code < 500, answer.text
    gone = await admin.get(f"/admin/products/{product['id']}")
    assert gone.status_code == 404


async def test_a_deleted_product_comes_back_with_its_parts(admin: httpx.AsyncClient) -> None:
    product = await make_product(admin)
    await admin.delete(f"/admin/products/{product['id']}")

    answer = await revert(admin, await entry_of(admin, entity="product", action="delete"))

    assert answer.status_code == 200, answer.text
    assert await seen(admin, product["id"]) == product


async def test_what_hangs_on_a_creation_by_now_keeps_it_from_being_undone(
    admin: httpx.AsyncClient,
) -> None:
    product = await make_product(admin)
    entry = await entry_of(admin, entity="product", action="create")
    [variant, _] = product["variants"]
    prices = [
        {**_price(variant, "eur"), "amount": 10.5},
        {"amount": 2, "currency_code": "usd"},
    ]
    path = f"/admin/products/{product['id']}/variants/{variant['id']}"
    added = await admin.post(path, json={"prices": prices})
    assert added.status_code == 200, added.text

    answer = await revert(admin, entry)

    assert answer.status_code == 409, answer.text
    assert await seen(admin, product["id"])


async def _stocked(admin: httpx.AsyncClient, sku: str) -> tuple[str, str]:
    place = (await admin.post("/admin/stock-locations", json={"name": sku})).json()
    item = (await admin.post("/admin/inventory-items", json={"sku": sku})).json()
    levels = f"/admin/inventory-items/{item['inventory_item']['id']}/location-levels"
    place_id = place["stock_location"]["id"]
    await admin.post(levels, json={"location_id": place_id, "stocked_quantity": 5})
    return levels, place_id


async def _level(admin: httpx.AsyncClient, levels: str) -> tuple[float, float]:
    [level] = (await admin.get(levels)).json()["inventory_levels"]
    return level["stocked_quantity"], level["reserved_quantity"]


async def test_stock_goes_back_by_the_ledger_and_what_is_reserved_stays(
    admin: httpx.AsyncClient,
) -> None:
    levels, place = await _stocked(admin, "CLOTH")
    await admin.post(f"{levels}/{place}", json={"stocked_quantity": 8})
    entry = await entry_of(admin, entity="inventory_level", action="update")
    hold = {"inventory_item_id": levels.split("/")[3], "location_id": place, "quantity": 4}
    held = await admin.post("/admin/reservations", json=hold)
    assert held.status_code == 200, held.text

    answer = await revert(admin, entry)

    assert answer.status_code == 200, answer.text
    assert await _level(admin, levels) == (5, 4)
    moved = await admin.get(f"{levels.rsplit('/', 1)[0]}/movements")
    reasons = [one["reason"] for one in moved.json()["movements"]]
    assert "reverted" in reasons


async def test_stock_that_is_reserved_is_not_taken_away(admin: httpx.AsyncClient) -> None:
    levels, place = await _stocked(admin, "WOOL")
    await admin.post(f"{levels}/{place}", json={"stocked_quantity": 8})
    entry = await entry_of(admin, entity="inventory_level", action="update")
    hold = {"inventory_item_id": levels.split("/")[3], "location_id": place, "quantity": 7}
    await admin.post("/admin/reservations", json=hold)

    answer = await revert(admin, entry)

    assert 400 <= answer.status_code < 500, answer.text
    assert await _level(admin, levels) == (8, 7)


async def test_an_entry_that_nobody_has_is_404(admin: httpx.AsyncClient) -> None:
    answer = await revert(admin, "audlog_none")

    assert answer.status_code == 404
    assert answer.json()["message"] == "Audit log entry with id: audlog_none was not found"


@pytest.mark.commits
async def test_of_two_who_revert_at_once_one_does(admin: httpx.AsyncClient) -> None:
    product = await make_product(admin)
    await admin.post(f"/admin/products/{product['id']}", json={"title": "Blouse"})
    entry = await entry_of(admin, entity="product")

    answers = await asyncio.gather(*(revert(admin, entry) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert (await seen(admin, product["id"]))["title"] == "Shirt"


@pytest.mark.commits
async def test_a_revert_and_a_change_at_once_lose_nothing(admin: httpx.AsyncClient) -> None:
    product = await make_product(admin)
    path = f"/admin/products/{product['id']}"
    await admin.post(path, json={"title": "Blouse"})
    entry = await entry_of(admin, entity="product")

    undone, changed = await asyncio.gather(
        revert(admin, entry), admin.post(path, json={"title": "Dress"})
    )

    assert changed.status_code == 200
    # The second transaction sees what the first one did.
    assert undone.status_code in (200, 409)
    assert (await seen(admin, product["id"]))["title"] == "Dress"
