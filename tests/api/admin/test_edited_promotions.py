"""An edit of a placed order changes what it uses of promotions and of their budgets."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.answers import good, refused
from tests.api.admin.test_draft_orders import make_region
from tests.factories.promotions import make_promotion, read_promotion


def spend(limit: float, kind: str = "spend", **more: Any) -> dict[str, Any]:
    budget = {"type": kind, "limit": limit, "currency_code": "eur", **more}
    campaign = {"name": "c", "campaign_identifier": "c", "budget": budget}
    return {"campaign": campaign, "method": {"currency_code": "eur"}}


async def place(admin: httpx.AsyncClient, *codes: str) -> dict[str, Any]:
    """An order of two shirts at 20 and a card at 5."""
    items = [
        {"title": "Shirt", "quantity": 2, "unit_price": 20},
        {"title": "Card", "quantity": 1, "unit_price": 5},
    ]
    body = {
        "region_id": await make_region(admin),
        "email": "ann@example.com",
        "items": items,
        "shipping_methods": [],
        "promo_codes": list(codes),
    }
    draft = good(await admin.post("/admin/draft-orders", json=body))["draft_order"]
    path = f"/admin/draft-orders/{draft['id']}/convert-to-order"
    good(await admin.post(path))
    return good(await admin.get(f"/admin/orders/{draft['id']}"))["order"]


async def begin(admin: httpx.AsyncClient, order: dict[str, Any], cards: int) -> str:
    """An edit that sells so many cards, and computes promotions anew; its path."""
    body = {"order_id": order["id"]}
    change = good(await admin.post("/admin/order-edits", json=body))["order_change"]
    carry = {"carry_over_promotions": True}
    good(await admin.post(f"/admin/order-changes/{change['id']}", json=carry))
    [card] = [item for item in order["items"] if item["title"] == "Card"]
    path = f"/admin/order-edits/{order['id']}"
    good(await admin.post(f"{path}/items/item/{card['id']}", json={"quantity": cards}))
    return path


async def edit(admin: httpx.AsyncClient, order: dict[str, Any], cards: int) -> dict[str, Any]:
    good(await admin.post(f"{await begin(admin, order, cards)}/confirm"))
    return good(await admin.get(f"/admin/orders/{order['id']}"))["order"]


async def used(admin: httpx.AsyncClient, promotion: dict[str, Any]) -> tuple[int, float]:
    shown = await read_promotion(admin, promotion["id"])
    campaign = shown["campaign"]
    return shown["used"], campaign["budget"]["used"] if campaign else 0


async def test_a_budget_of_money_follows_the_edits_of_an_order(admin) -> None:
    promotion = await make_promotion(admin, "TEN", **spend(6))
    order = await place(admin, "TEN")
    assert (order["discount_total"], await used(admin, promotion)) == (4.5, (0, 4.5))

    # Its own use is not in its way: 5.5 of 6, though 4.5 are used.
    order = await edit(admin, order, 3)
    assert (order["discount_total"], await used(admin, promotion)) == (5.5, (0, 5.5))
    order = await edit(admin, order, 2)
    assert (order["discount_total"], await used(admin, promotion)) == (5, (0, 5))
    # What does not fit into the budget is not given, and given back.
    order = await edit(admin, order, 10)
    assert (order["discount_total"], await used(admin, promotion)) == (0, (0, 0))
    order = await edit(admin, order, 1)
    assert (order["discount_total"], await used(admin, promotion)) == (4.5, (0, 4.5))

    good(await admin.post(f"/admin/orders/{order['id']}/cancel"))
    assert await used(admin, promotion) == (0, 0)


async def test_the_last_use_stays_the_orders_own(admin) -> None:
    promotion = await make_promotion(admin, "LAST", limit=1)
    order = await place(admin, "LAST")

    order = await edit(admin, order, 3)

    assert order["discount_total"] == 5.5
    assert await used(admin, promotion) == (1, 0)


async def test_a_budget_of_each_customer_follows_too(admin) -> None:
    kind = {"kind": "spend_by_attribute", "attribute": "customer_email"}
    promotion = await make_promotion(admin, "MINE", **spend(6, **kind))
    order = await place(admin, "MINE")

    await edit(admin, order, 3)

    shown = await read_promotion(admin, promotion["id"])
    [usage] = shown["campaign"]["budget"]["usages"]
    assert (usage["attribute_value"], usage["used"]) == ("ann@example.com", 5.5)


async def test_a_promotion_that_an_edit_brings_is_used_once_and_guarded(admin, tx) -> None:
    orders = [await place(admin) for _ in range(2)]
    usage = {"type": "usage", "limit": 1}
    campaign = {"name": "c", "campaign_identifier": "c", "budget": usage}
    promotion = await make_promotion(admin, "NEW", is_automatic=True, campaign=campaign)
    # Both previews show it.
    paths = [await begin(admin, order, 3) for order in orders]

    good(await admin.post(f"{paths[0]}/confirm"))
    late = await admin.post(f"{paths[1]}/confirm")

    assert refused(late) == "Promotion usage exceeds the budget limit."
    assert await used(admin, promotion) == (0, 1)
    untouched = good(await admin.get(f"/admin/orders/{orders[1]['id']}"))["order"]
    assert (untouched["version"], untouched["discount_total"]) == (1, 0)
    # It is taken away again: others may use it, and the late edit can be made.
    await tx.execute("UPDATE promotion SET status = 'inactive'")
    await edit(admin, good(await admin.get(f"/admin/orders/{orders[0]['id']}"))["order"], 1)
    assert await used(admin, promotion) == (0, 0)


@pytest.mark.commits
async def test_edits_that_race_for_the_rest_of_a_budget_do_not_exceed_it(admin) -> None:
    promotion = await make_promotion(admin, "TEN", **spend(12))
    orders = [await place(admin, "TEN") for _ in range(2)]
    # 9 are used; each wants 2.5 more.
    paths = [await begin(admin, order, 6) for order in orders]

    answers = await asyncio.gather(*(admin.post(f"{path}/confirm") for path in paths))

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert await used(admin, promotion) == (0, 11.5)
