"""Claims through HTTP: what was wrong, what comes back, what is sent instead."""

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.orders import MadeOrder, line, make_order
from tests.factories.products import COLORS, make_product, variants


@pytest.fixture
async def sold(tx: Transaction) -> MadeOrder:
    order = await make_order(tx, line(20, 3), methods=[])
    await tx.execute("UPDATE order_item SET fulfilled_quantity = 3 WHERE order_id = $1", order.id)
    return order


async def begin(admin: httpx.AsyncClient, sold: MadeOrder, type: str = "refund") -> str:
    body = {"order_id": sold.id, "type": type}
    return good(await admin.post("/admin/claims", json=body))["claim"]["id"]


async def ask(admin: httpx.AsyncClient, path: str, **body: object) -> dict:
    return good(await admin.post(f"/admin/claims/{path}", json=body))


async def detail(admin: httpx.AsyncClient, sold: MadeOrder) -> dict:
    order = good(await admin.get(f"/admin/orders/{sold.id}?fields=*items,*items.detail"))["order"]
    return order["items"][0]["detail"]


async def test_claimed_units_are_written_off_and_reinstated(admin, sold) -> None:
    claim_id = await begin(admin, sold)
    items = [{"id": sold.line_ids[0], "quantity": 2, "reason": "missing_item"}]
    preview = (await ask(admin, f"{claim_id}/claim-items", items=items))["order_preview"]
    [action] = preview["items"][0]["actions"]
    assert (action["action"], action["reference"]) == ("WRITE_OFF_ITEM", "order_claim")
    assert action["details"]["reason"] == "missing_item"

    answer = await ask(admin, f"{claim_id}/request")

    [item] = answer["claim"]["claim_items"]
    assert (item["quantity"], item["reason"]) == (2, "missing_item")
    assert (await detail(admin, sold))["written_off_quantity"] == 2
    await ask(admin, f"{claim_id}/cancel")
    assert (await detail(admin, sold))["written_off_quantity"] == 0
    again = await admin.post(f"/admin/claims/{claim_id}/cancel", json={})
    assert refused(again) == f"Claim with id {claim_id} has been canceled."


async def test_a_replacement_is_sent_for_what_comes_back(admin, tx, sold) -> None:
    product = await make_product(tx, variants=variants(COLORS, 1), status="published")
    await tx.execute("UPDATE product_variant SET manage_inventory = false")
    claim_id = await begin(admin, sold, "replace")
    back = [{"id": sold.line_ids[0], "quantity": 1}]
    await ask(admin, f"{claim_id}/inbound/items", items=back)
    out = [{"variant_id": product.variant_ids[0], "quantity": 1, "unit_price": 0}]
    await ask(admin, f"{claim_id}/outbound/items", items=out)

    answer = await ask(admin, f"{claim_id}/request")

    assert answer["return"]["claim_id"] == claim_id
    assert [one["quantity"] for one in answer["claim"]["additional_items"]] == [1]
    assert answer["claim"]["claim_items"] == []
    assert (await detail(admin, sold))["return_requested_quantity"] == 1


async def test_claim_items_are_changed_and_taken_out(admin, sold) -> None:
    claim_id = await begin(admin, sold)
    items = [{"id": sold.line_ids[0], "quantity": 2}]
    preview = (await ask(admin, f"{claim_id}/claim-items", items=items))["order_preview"]
    path = f"{claim_id}/claim-items/{preview['items'][0]['actions'][0]['id']}"

    changed = (await ask(admin, path, quantity=1))["order_preview"]
    without = good(await admin.delete(f"/admin/claims/{path}"))["order_preview"]

    written_off = [one["items"][0]["detail"]["written_off_quantity"] for one in (changed, without)]
    assert written_off == [1, 0]


async def test_a_claim_that_is_given_up_leaves_nothing(admin, sold) -> None:
    claim_id = await begin(admin, sold)

    answer = good(await admin.delete(f"/admin/claims/{claim_id}/request"))

    assert answer == {"id": claim_id, "object": "claim", "deleted": True}
    gone = await admin.get(f"/admin/claims/{claim_id}")
    assert refused(gone, 404) == f"Claim with id: {claim_id} was not found"
    await begin(admin, sold)


async def test_what_cannot_be_claimed_is_refused(admin, sold) -> None:
    claim_id = await begin(admin, sold)
    path = f"/admin/claims/{claim_id}"

    async def claim(quantity: int, line_id: str = sold.line_ids[0]) -> str:
        items = [{"id": line_id, "quantity": quantity}]
        return refused(await admin.post(f"{path}/claim-items", json={"items": items}))

    empty = await admin.post(f"{path}/request", json={})
    assert refused(empty) == "Order claim request should have at least 1 item"
    assert await claim(1, "nope") == 'Item ID "nope" not found.'
    assert (await claim(9)).startswith("Cannot claim more items than what was ordered")
    assert await claim(0) == f"Quantity to write-off item {sold.line_ids[0]} is required."
