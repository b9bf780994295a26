"""/admin/draft-orders: put together, edited step by step, made an order."""

from typing import Any

import httpx

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.orders import make_option
from tests.factories.products import (
    item_of,
    make_location,
    make_product,
    make_variants,
    prices,
    variant,
)
from tests.factories.stock import make_level


async def make_region(admin: httpx.AsyncClient) -> str:
    body = {"name": "Europe", "currency_code": "eur"}
    return good(await admin.post("/admin/regions", json=body))["region"]["id"]


async def make_draft(admin: httpx.AsyncClient, tx: Transaction, **more: Any) -> dict[str, Any]:
    """Two shirts at 20 and a card at 5, with delivery for 10."""
    product = await make_product(tx, status="published")
    [shirt] = await make_variants(
        tx, product.id, [variant("Large", manage_inventory=False, prices=prices(eur=20))]
    )
    option_id = await make_option(tx)
    body = {
        "region_id": await make_region(admin),
        "email": "ann@example.com",
        "items": [
            {"variant_id": shirt, "quantity": 2},
            {"title": "Card", "quantity": 1, "unit_price": 5},
        ],
        "shipping_methods": [{"name": "Post", "shipping_option_id": option_id, "amount": 10}],
        **more,
    }
    return good(await admin.post("/admin/draft-orders", json=body))["draft_order"]


async def test_a_draft_is_priced_and_becomes_an_order(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    draft = await make_draft(admin, tx)
    assert (draft["status"], draft["total"], draft["version"]) == ("draft", 55, 1)
    assert good(await admin.get("/admin/orders"))["count"] == 0
    assert good(await admin.get("/admin/draft-orders"))["count"] == 1

    path = f"/admin/draft-orders/{draft['id']}"
    order = good(await admin.post(f"{path}/convert-to-order"))["order"]

    assert order["status"] == "pending"
    again = await admin.post(f"{path}/convert-to-order")
    assert refused(again) == f"Order {draft['id']} is not a draft order"
    assert good(await admin.get("/admin/orders"))["count"] == 1


async def test_what_a_preview_shows_is_what_confirming_makes(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    draft = await make_draft(admin, tx)
    path = f"/admin/draft-orders/{draft['id']}"
    card = next(item for item in draft["items"] if item["title"] == "Card")
    good(await admin.post(f"{path}/edit"))

    body = {"items": [{"title": "Bag", "quantity": 3, "unit_price": 2}]}
    shown = good(await admin.post(f"{path}/edit/items", json=body))["draft_order_preview"]
    assert (shown["total"], shown["version"]) == (61, 1)
    bag = next(item for item in shown["items"] if item["title"] == "Bag")
    [added] = [one["id"] for one in bag["actions"] if one["action"] == "ITEM_ADD"]
    good(await admin.post(f"{path}/edit/items/{added}", json={"quantity": 1}))
    shown = good(await admin.post(f"{path}/edit/items/item/{card['id']}", json={"quantity": 0}))[
        "draft_order_preview"
    ]
    assert {item["title"]: item["quantity"] for item in shown["items"]}["Card"] == 0
    assert shown["total"] == 52

    method = draft["shipping_methods"][0]["id"]
    shown = good(await admin.delete(f"{path}/edit/shipping-methods/method/{method}"))
    assert shown["draft_order_preview"]["total"] == 42
    made = good(await admin.post(f"{path}/edit/confirm"))["draft_order_preview"]

    assert (made["total"], made["version"]) == (42, 2)
    whole = good(await admin.get(f"/admin/orders/{draft['id']}"))["order"]
    [owed] = whole["payment_collections"]
    assert (owed["amount"], owed["status"]) == (42, "not_paid")
    found = good(await admin.get(path))["draft_order"]
    assert (found["total"], found["summary"]["current_order_total"]) == (42, 42)
    assert sorted(item["title"] for item in found["items"]) == ["Bag", "Shirt"]


async def test_one_edit_is_open_at_a_time(admin: httpx.AsyncClient, tx: Transaction) -> None:
    draft = await make_draft(admin, tx)
    path = f"/admin/draft-orders/{draft['id']}"

    none_open = await admin.post(f"{path}/edit/confirm")
    good(await admin.post(f"{path}/edit"))
    second = await admin.post(f"{path}/edit")
    canceled = good(await admin.delete(f"{path}/edit"))
    good(await admin.post(f"{path}/edit"))

    assert refused(none_open) == "An active Order Change is required to proceed"
    assert refused(second) == (f"Order ({draft['id']}) already has an existing active order change")
    assert canceled == {"id": draft["id"], "object": "draft-order-edit", "deleted": True}


async def test_promotions_of_a_draft_are_computed_anew(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    method = {"type": "percentage", "target_type": "items", "allocation": "across", "value": 10}
    body = {"code": "TEN", "type": "standard", "status": "active", "application_method": method}
    good(await admin.post("/admin/promotions", json=body))
    draft = await make_draft(admin, tx, promo_codes=["TEN"])
    assert draft["total"] == 50.5
    path = f"/admin/draft-orders/{draft['id']}/edit"
    good(await admin.post(path))

    codes = {"promo_codes": ["TEN"]}
    without = good(await admin.request("DELETE", f"{path}/promotions", json=codes))
    again = good(await admin.post(f"{path}/promotions", json=codes))
    unknown = await admin.post(f"{path}/promotions", json={"promo_codes": ["NO"]})

    assert without["draft_order_preview"]["total"] == 55
    assert again["draft_order_preview"]["total"] == 50.5
    assert refused(unknown) == 'Promotion code "NO" not found'


async def test_a_draft_is_deleted_and_an_order_is_not(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    draft = await make_draft(admin, tx)
    path = f"/admin/draft-orders/{draft['id']}"

    deleted = good(await admin.delete(path))

    assert deleted == {"id": draft["id"], "object": "draft-order", "deleted": True}
    assert refused(await admin.get(path), 404) == f"Order id not found: {draft['id']}"


async def test_a_draft_of_an_unknown_region_is_refused(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/admin/draft-orders", json={"region_id": "x", "email": "a@b.dk"})

    assert refused(answer, 404) == "Region with id: x was not found"


async def test_what_is_reserved_for_a_draft_by_hand_is_not_reserved_again(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx, status="published")
    [shirt] = await make_variants(tx, product.id, [variant("Large", prices=prices(eur=20))])
    item_id, location_id = await item_of(tx, shirt), await make_location(tx)
    await make_level(tx, item_id, location_id, stocked=5)
    body = {
        "region_id": await make_region(admin),
        "email": "ann@example.com",
        "items": [{"variant_id": shirt, "quantity": 3}],
    }
    draft = good(await admin.post("/admin/draft-orders", json=body))["draft_order"]
    line_id = draft["items"][0]["id"]
    held = {"inventory_item_id": item_id, "location_id": location_id, "line_item_id": line_id}
    good(await admin.post("/admin/reservations", json={**held, "quantity": 2}))

    good(await admin.post(f"/admin/draft-orders/{draft['id']}/convert-to-order"))

    answer = await admin.get("/admin/reservations", params={"line_item_id": line_id})
    assert sorted(row["quantity"] for row in good(answer)["reservations"]) == [1, 2]
