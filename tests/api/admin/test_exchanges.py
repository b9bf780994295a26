"""Exchanges through HTTP: what comes back, what goes out, requested, canceled, given up."""

from dataclasses import dataclass

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.orders import MadeOrder, line, make_option, make_order
from tests.factories.products import COLORS, item_of, make_location, make_product, variants
from tests.factories.stock import make_level


@dataclass
class Sold:
    """An order of three shirts that were handed over; seven more are at the location."""

    order: MadeOrder
    location_id: str
    variant_id: str
    item_id: str

    @property
    def line_id(self) -> str:
        return self.order.line_ids[0]


@pytest.fixture
async def sold(tx: Transaction) -> Sold:
    location = await make_location(tx)
    product = await make_product(tx, variants=variants(COLORS, 1), status="published")
    [variant_id] = product.variant_ids
    item_id = await item_of(tx, variant_id)
    await make_level(tx, item_id, location, stocked=7)
    order = await make_order(tx, line(20, 3, variant_id=variant_id), methods=[])
    await tx.execute("UPDATE order_item SET fulfilled_quantity = 3 WHERE order_id = $1", order.id)
    return Sold(order, location, variant_id, item_id)


async def begin(admin: httpx.AsyncClient, sold: Sold) -> str:
    answer = good(await admin.post("/admin/exchanges", json={"order_id": sold.order.id}))
    return answer["exchange"]["id"]


async def ask(admin: httpx.AsyncClient, path: str, **body: object) -> dict:
    return good(await admin.post(f"/admin/exchanges/{path}", json=body))


async def filled(admin: httpx.AsyncClient, sold: Sold) -> str:
    """An exchange of one shirt for two at 25."""
    exchange_id = await begin(admin, sold)
    items = [{"id": sold.line_id, "quantity": 1}]
    place = sold.location_id
    await ask(admin, f"{exchange_id}/inbound/items", items=items, location_id=place)
    items = [{"variant_id": sold.variant_id, "quantity": 2, "unit_price": 25}]
    await ask(admin, f"{exchange_id}/outbound/items", items=items)
    return exchange_id


async def reserved(tx: Transaction, sold: Sold) -> int:
    return await tx.fetchval(
        "SELECT reserved_quantity FROM inventory_level WHERE inventory_item_id = $1", sold.item_id
    )


async def order_of(admin: httpx.AsyncClient, sold: Sold) -> dict:
    path = f"/admin/orders/{sold.order.id}?fields=%2Bversion,*items,*items.detail,*summary"
    return good(await admin.get(path))["order"]


async def test_a_requested_exchange_is_a_return_and_lines_that_go_out(admin, tx, sold) -> None:
    exchange_id = await filled(admin, sold)

    answer = await ask(admin, f"{exchange_id}/request")

    assert answer["order_preview"]["order_change"]["change_type"] == "exchange"
    back = answer["return"]
    assert (back["status"], back["exchange_id"]) == ("requested", exchange_id)
    assert [one["quantity"] for one in back["items"]] == [1]
    assert answer["exchange"]["return_id"] == back["id"]
    [out] = answer["exchange"]["additional_items"]
    assert (out["quantity"], out["detail"]["quantity"]) == (2, 2)
    order = await order_of(admin, sold)
    assert (order["version"], order["summary"]["current_order_total"]) == (2, 110)
    assert order["items"][0]["detail"]["return_requested_quantity"] == 1
    assert await reserved(tx, sold) == 2


async def test_a_canceled_exchange_leaves_the_order_as_it_was(admin, tx, sold) -> None:
    exchange_id = await filled(admin, sold)
    await ask(admin, f"{exchange_id}/request")

    await ask(admin, f"{exchange_id}/cancel")

    order = await order_of(admin, sold)
    [item] = order["items"]
    assert item["detail"]["return_requested_quantity"] == 0
    assert order["summary"]["current_order_total"] == 60
    assert await reserved(tx, sold) == 0
    again = await admin.post(f"/admin/exchanges/{exchange_id}/cancel", json={})
    assert refused(again) == f"Exchange with id {exchange_id} has been canceled."
    await filled(admin, sold)


async def test_an_exchange_that_is_given_up_leaves_nothing(admin, sold) -> None:
    exchange_id = await filled(admin, sold)

    answer = good(await admin.delete(f"/admin/exchanges/{exchange_id}/request"))

    assert answer == {"id": exchange_id, "object": "exchange", "deleted": True}
    gone = await admin.get(f"/admin/exchanges/{exchange_id}")
    assert refused(gone, 404) == f"Exchange with id: {exchange_id} was not found"
    assert good(await admin.get("/admin/returns"))["count"] == 0
    await begin(admin, sold)


async def test_items_are_changed_and_taken_out(admin, sold) -> None:
    exchange_id = await filled(admin, sold)
    change = good(await admin.get(f"/admin/orders/{sold.order.id}/changes"))["order_changes"][0]
    back, out = [one["id"] for one in change["actions"]]

    path = f"{exchange_id}/outbound/items/{out}"
    more = (await ask(admin, path, quantity=3))["order_preview"]
    fewer = good(await admin.delete(f"/admin/exchanges/{path}"))["order_preview"]
    changed = await ask(admin, f"{exchange_id}/inbound/items/{back}", quantity=2)

    assert more["summary"]["current_order_total"] == 135
    assert fewer["summary"]["current_order_total"] == 60
    assert changed["order_preview"]["items"][0]["detail"]["return_requested_quantity"] == 2
    unknown = await admin.post(
        f"/admin/exchanges/{exchange_id}/outbound/items/nope", json={"quantity": 1}
    )
    assert refused(unknown) == (
        f"No request to add item for exchange {exchange_id} in order change {change['id']}"
    )


async def test_methods_are_for_the_way_back_or_the_way_out(admin, tx, sold) -> None:
    exchange_id = await filled(admin, sold)
    body = {"shipping_option_id": await make_option(tx), "custom_amount": 7}

    back = await ask(admin, f"{exchange_id}/inbound/shipping-method", **body)
    out = await ask(admin, f"{exchange_id}/outbound/shipping-method", **body)

    first, second = [row["actions"][0] for row in out["order_preview"]["shipping_methods"]]
    assert first["return_id"] == back["return"]["id"]
    assert (second["return_id"], second["exchange_id"]) == (None, exchange_id)
    path = f"{exchange_id}/outbound/shipping-method/{second['id']}"
    repriced = (await ask(admin, path, custom_amount=4))["order_preview"]
    dropped = good(await admin.delete(f"/admin/exchanges/{path}"))["order_preview"]
    totals = [one["summary"]["current_order_total"] for one in (repriced, dropped)]
    assert totals == [121, 117]


async def test_what_cannot_be_exchanged_is_refused(admin, sold) -> None:
    unknown = await admin.post("/admin/exchanges", json={"order_id": "nope"})
    exchange_id = await begin(admin, sold)
    second = await admin.post("/admin/exchanges", json={"order_id": sold.order.id})
    empty = await admin.post(f"/admin/exchanges/{exchange_id}/request", json={})
    items = {"items": [{"id": sold.line_id, "quantity": 9}]}
    many = await admin.post(f"/admin/exchanges/{exchange_id}/inbound/items", json=items)
    nobody = await admin.post("/admin/exchanges/nope/inbound/items", json=items)

    assert refused(unknown, 404) == "Order id not found: nope"
    assert "already has an existing active order change" in refused(second)
    assert refused(empty) == (
        "Order exchange request should have at least 1 item inbound and 1 item outbound"
    )
    assert "Cannot request to return more items than what was fulfilled" in refused(many)
    assert refused(nobody, 404) == "OrderExchange id not found: nope"
