"""Returns through HTTP: requested, received, dismissed, canceled; what stock and order say then."""

from dataclasses import dataclass

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.orders import MadeOrder, line, make_option, make_order
from tests.factories.products import COLORS, item_of, make_location, make_product, variants
from tests.factories.stock import make_level

NO_CHANGE = "An active Order Change is required to proceed"


@dataclass
class Sold:
    """An order of three shirts that were handed over, out of stock at a location."""

    order: MadeOrder
    location_id: str
    item_id: str

    @property
    def line_id(self) -> str:
        return self.order.line_ids[0]


@pytest.fixture
async def sold(tx: Transaction) -> Sold:
    location = await make_location(tx)
    product = await make_product(tx, variants=variants(COLORS, 1))
    [variant_id] = product.variant_ids
    item_id = await item_of(tx, variant_id)
    await make_level(tx, item_id, location, stocked=7)
    order = await make_order(tx, line(20, 3, variant_id=variant_id), methods=[])
    await tx.execute("UPDATE order_item SET fulfilled_quantity = 3 WHERE order_id = $1", order.id)
    return Sold(order, location, item_id)


async def begin(admin: httpx.AsyncClient, sold: Sold) -> str:
    body = {"order_id": sold.order.id, "location_id": sold.location_id}
    return good(await admin.post("/admin/returns", json=body))["return"]["id"]


async def ask(admin: httpx.AsyncClient, path: str, **body: object) -> dict:
    return good(await admin.post(f"/admin/returns/{path}", json=body))


async def requested(admin: httpx.AsyncClient, sold: Sold, quantity: int = 2) -> str:
    return_id = await begin(admin, sold)
    items = [{"id": sold.line_id, "quantity": quantity}]
    await ask(admin, f"{return_id}/request-items", items=items)
    await ask(admin, f"{return_id}/request")
    return return_id


async def detail(admin: httpx.AsyncClient, sold: Sold) -> dict:
    order = good(await admin.get(f"/admin/orders/{sold.order.id}?fields=*items,*summary"))["order"]
    return {**order["items"][0]["detail"], "pending": order["summary"]["pending_difference"]}


async def stocked(tx: Transaction, sold: Sold) -> int:
    return await tx.fetchval(
        "SELECT stocked_quantity FROM inventory_level WHERE inventory_item_id = $1", sold.item_id
    )


async def test_a_requested_return_holds_its_units_on_their_way_back(admin, sold) -> None:
    return_id = await begin(admin, sold)
    items = [{"id": sold.line_id, "quantity": 2, "internal_note": "too small"}]

    preview = (await ask(admin, f"{return_id}/request-items", items=items))["order_preview"]
    answer = await ask(admin, f"{return_id}/request")

    [action] = preview["items"][0]["actions"]
    assert action["action"] == "RETURN_ITEM"
    assert action["details"] == {"reference_id": sold.line_id, "quantity": 2}
    assert (action["reference"], action["reference_id"]) == ("return", return_id)
    assert (action["amount"], action["return_id"]) == (40, return_id)
    assert preview["order_change"]["change_type"] == "return_request"
    assert answer["return"]["status"] == "requested"
    [item] = answer["return"]["items"]
    assert (item["quantity"], item["note"], item["received_quantity"]) == (2, "too small", 0)
    now = await detail(admin, sold)
    assert (now["return_requested_quantity"], now["fulfilled_quantity"]) == (2, 3)


async def test_received_units_are_in_stock_again_and_dismissed_ones_are_not(
    admin, tx, sold
) -> None:
    return_id = await requested(admin, sold)
    await ask(admin, f"{return_id}/receive")

    one = [{"id": sold.line_id, "quantity": 1}]
    await ask(admin, f"{return_id}/receive-items", items=one)
    await ask(admin, f"{return_id}/dismiss-items", items=one)
    answer = await ask(admin, f"{return_id}/receive/confirm")

    assert answer["return"]["status"] == "received"
    [item] = answer["return"]["items"]
    assert (item["received_quantity"], item["damaged_quantity"]) == (1, 1)
    now = await detail(admin, sold)
    assert (now["return_requested_quantity"], now["return_received_quantity"]) == (0, 1)
    assert (now["return_dismissed_quantity"], now["written_off_quantity"]) == (1, 1)
    assert now["pending"] == 20
    assert await stocked(tx, sold) == 8


async def test_a_return_of_which_some_came_is_partially_received(admin, tx, sold) -> None:
    return_id = await requested(admin, sold)
    await ask(admin, f"{return_id}/receive")
    await ask(admin, f"{return_id}/receive-items", items=[{"id": sold.line_id, "quantity": 1}])

    answer = await ask(admin, f"{return_id}/receive/confirm")

    assert answer["return"]["status"] == "partially_received"
    cancel = await admin.post(f"/admin/returns/{return_id}/cancel", json={})
    assert refused(cancel) == "Can't cancel the return because there are received items"
    await ask(admin, f"{return_id}/receive")
    await ask(admin, f"{return_id}/receive-items", items=[{"id": sold.line_id, "quantity": 1}])
    assert (await ask(admin, f"{return_id}/receive/confirm"))["return"]["status"] == "received"
    assert await stocked(tx, sold) == 9


async def test_more_than_was_requested_is_not_received(admin, sold) -> None:
    return_id = await requested(admin, sold, 1)
    await requested(admin, sold, 2)
    await ask(admin, f"{return_id}/receive")

    answer = await admin.post(
        f"/admin/returns/{return_id}/receive-items",
        json={"items": [{"id": sold.line_id, "quantity": 2}]},
    )

    assert refused(answer) == (
        f"Cannot receive more items than what was requested to be returned for item {sold.line_id}."
    )


async def test_a_canceled_return_leaves_the_units_with_the_customer(admin, sold) -> None:
    return_id = await requested(admin, sold)

    await ask(admin, f"{return_id}/cancel")

    again = await admin.post(f"/admin/returns/{return_id}/cancel", json={})
    assert refused(again) == f"Return with id {return_id} has been canceled."
    assert (await detail(admin, sold))["return_requested_quantity"] == 0
    await requested(admin, sold, 3)


async def test_a_request_that_is_given_up_leaves_nothing(admin, sold) -> None:
    return_id = await begin(admin, sold)
    items = [{"id": sold.line_id, "quantity": 2}]
    await ask(admin, f"{return_id}/request-items", items=items)

    deleted = good(await admin.delete(f"/admin/returns/{return_id}/request"))

    assert deleted == {"id": return_id, "object": "return", "deleted": True}
    gone = await admin.get(f"/admin/returns/{return_id}")
    assert refused(gone, 404) == f"Return id not found: {return_id}"
    await requested(admin, sold)


async def test_units_can_be_changed_and_taken_out_before_the_request(admin, sold) -> None:
    return_id = await begin(admin, sold)
    path = f"{return_id}/request-items"
    added = await ask(admin, path, items=[{"id": sold.line_id, "quantity": 1}])
    [action] = added["order_preview"]["items"][0]["actions"]

    changed = await ask(admin, f"{path}/{action['id']}", quantity=3, internal_note="all")
    too_many = await admin.post(f"/admin/returns/{path}/{action['id']}", json={"quantity": 4})
    unknown = await admin.post(f"/admin/returns/{path}/ordchact_none", json={"quantity": 1})
    removed = good(await admin.delete(f"/admin/returns/{path}/{action['id']}"))

    [now] = changed["order_preview"]["items"][0]["actions"]
    assert (now["details"]["quantity"], now["amount"], now["internal_note"]) == (3, 60, "all")
    assert refused(too_many) == (
        f"Cannot request to return more items than what was fulfilled for item {sold.line_id}."
    )
    assert refused(unknown, 404) == ("Order change action with id: ordchact_none was not found")
    assert "actions" not in removed["order_preview"]["items"][0]
    empty = await admin.post(f"/admin/returns/{return_id}/request", json={})
    assert refused(empty) == "Order return request should have at least 1 item"


async def test_the_way_back_costs_what_was_chosen(admin, tx, sold) -> None:
    option_id = await make_option(tx)
    return_id = await begin(admin, sold)
    await ask(admin, f"{return_id}/request-items", items=[{"id": sold.line_id, "quantity": 1}])

    added = await ask(
        admin, f"{return_id}/shipping-method", shipping_option_id=option_id, custom_amount=7
    )
    [method] = added["order_preview"]["shipping_methods"]
    action = method["actions"][0]
    repriced = await ask(admin, f"{return_id}/shipping-method/{action['id']}", custom_amount=5)
    answer = await ask(admin, f"{return_id}/request")

    assert (action["action"], action["amount"]) == ("SHIPPING_ADD", 7)
    assert repriced["order_preview"]["summary"]["current_order_total"] == 65
    assert answer["order_preview"]["summary"]["current_order_total"] == 65
    path = f"/admin/returns/{return_id}?fields=*fulfillments,*shipping_methods"
    shown = good(await admin.get(path))["return"]
    assert len(shown["fulfillments"]) == 1
    assert shown["shipping_methods"][0]["amount"] == 5
    cancel = await admin.post(f"/admin/returns/{return_id}/cancel", json={})
    assert refused(cancel) == "All fulfillments must be canceled before canceling a return"


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("", {}, 400, "Invalid request: Field 'order_id' is required"),
        ("", {"order_id": "none"}, 404, "Order id not found: none"),
        ("/none/request-items", {"items": []}, 404, "Return id not found: none"),
        ("/none/cancel", {}, 404, "Return id not found: none"),
        ("/none/receive", {}, 404, "Return id not found: none"),
        ("/none/request", {}, 404, "Return id not found: none"),
        ("/none", {}, 404, "Return id not found: none"),
    ],
)
async def test_returns_that_cannot_be(admin, path, body, status, words) -> None:
    assert refused(await admin.post(f"/admin/returns{path}", json=body), status) == words


async def test_items_that_cannot_be_returned(admin, sold) -> None:
    return_id = await begin(admin, sold)
    path = f"/admin/returns/{return_id}/request-items"

    async def words(**item: object) -> str:
        return refused(await admin.post(path, json={"items": [item]}))

    assert await words(id="none", quantity=1) == (
        f"Items with ids none does not exist in order with id {sold.order.id}."
    )
    assert await words(id=sold.line_id, quantity=0) == (
        f"Quantity to return of item {sold.line_id} is required."
    )
    assert await words(id=sold.line_id, quantity=1, reason_id="none") == (
        "Return reason with id none does not exists."
    )
    busy = await admin.post("/admin/returns", json={"order_id": sold.order.id})
    assert refused(busy) == (f"Order ({sold.order.id}) already has an existing active order change")
    receive = await admin.post(f"/admin/returns/{return_id}/receive/confirm", json={})
    assert refused(receive) == NO_CHANGE


async def test_returns_are_listed_by_order_and_status(admin, sold) -> None:
    return_id = await requested(admin, sold)

    path = f"/admin/returns?order_id={sold.order.id}&status="
    found = good(await admin.get(f"{path}requested"))

    assert [row["id"] for row in found["returns"]] == [return_id]
    assert (found["count"], found["limit"]) == (1, 15)
    assert good(await admin.get(f"{path}canceled"))["count"] == 0
    unknown = await admin.get("/admin/returns?foo=x")
    assert refused(unknown) == "Invalid request: Unrecognized fields: 'foo'"
