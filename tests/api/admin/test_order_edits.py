"""/admin/order-edits: lines and methods are added and changed, seen before they are made."""

from dataclasses import dataclass

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.orders import MadeOrder, line, make_option, make_order, reserve
from tests.factories.products import COLORS, item_of, make_location, make_product, variants
from tests.factories.stock import make_level

NO_CHANGE = "An active Order Change is required to proceed"


@dataclass
class Sold:
    """An order of three shirts, which are reserved, out of seven."""

    order: MadeOrder
    variant_id: str
    item_id: str

    @property
    def path(self) -> str:
        return f"/admin/order-edits/{self.order.id}"


@pytest.fixture
async def sold(tx: Transaction) -> Sold:
    location = await make_location(tx)
    product = await make_product(tx, variants=variants(COLORS, 1), status="published")
    [variant_id] = product.variant_ids
    item_id = await item_of(tx, variant_id)
    await make_level(tx, item_id, location, stocked=7)
    order = await make_order(tx, line(20, 3, variant_id=variant_id), methods=[])
    await reserve(tx, order, item_id, location, 3)
    return Sold(order, variant_id, item_id)


async def begin(admin: httpx.AsyncClient, sold: Sold) -> dict:
    body = {"order_id": sold.order.id, "internal_note": "called"}
    return good(await admin.post("/admin/order-edits", json=body))["order_change"]


async def step(admin: httpx.AsyncClient, sold: Sold, path: str, **body: object) -> dict:
    return good(await admin.post(f"{sold.path}/{path}", json=body))["order_preview"]


async def add(admin: httpx.AsyncClient, sold: Sold, quantity: int) -> dict:
    items = [{"variant_id": sold.variant_id, "quantity": quantity, "unit_price": 5}]
    return await step(admin, sold, "items", items=items)


def action_of(preview: dict, kind: str) -> dict:
    rows = (*preview["items"], *preview["shipping_methods"])
    actions = [one for row in rows for one in row.get("actions", ())]
    [found] = [one for one in actions if one["action"] == kind]
    return found


async def reserved(tx: Transaction, sold: Sold) -> int:
    return await tx.fetchval(
        "SELECT reserved_quantity FROM inventory_level WHERE inventory_item_id = $1", sold.item_id
    )


async def test_an_edit_is_a_change_of_the_order(admin, sold) -> None:
    change = await begin(admin, sold)

    assert (change["change_type"], change["status"], change["version"]) == ("edit", "pending", 2)
    assert (change["internal_note"], change["actions"]) == ("called", [])
    second = await admin.post("/admin/order-edits", json={"order_id": sold.order.id})
    assert refused(second) == f"Order ({sold.order.id}) already has an existing active order change"
    unknown = await admin.post("/admin/order-edits", json={"order_id": "nope"})
    assert refused(unknown, 404) == "Order id not found: nope"


async def test_added_units_are_reserved_and_asked_for(admin, tx, sold) -> None:
    await begin(admin, sold)
    action = action_of(await add(admin, sold, 1), "ITEM_ADD")
    assert action["details"]["quantity"] == 1
    assert "metadata" not in action["details"]
    changed = await step(admin, sold, f"items/{action['id']}", quantity=2)
    assert changed["summary"]["current_order_total"] == 70

    shown = good(await admin.post(f"{sold.path}/confirm"))["order_preview"]

    assert (shown["version"], shown["order_change"]["status"]) == (1, "pending")
    order = good(await admin.get(f"/admin/orders/{sold.order.id}"))["order"]
    assert (order["version"], order["total"]) == (2, 70)
    assert [one["amount"] for one in order["payment_collections"]] == [70]
    assert await reserved(tx, sold) == 5


async def test_fewer_units_release_their_stock(admin, tx, sold) -> None:
    await begin(admin, sold)

    preview = await step(admin, sold, f"items/item/{sold.order.line_ids[0]}", quantity=1)
    good(await admin.post(f"{sold.path}/confirm"))

    assert action_of(preview, "ITEM_UPDATE")["details"]["quantity_diff"] == -2
    assert await reserved(tx, sold) == 1


async def test_more_than_is_there_is_not_sold(admin, tx, sold) -> None:
    await begin(admin, sold)
    await add(admin, sold, 5)

    answer = await admin.post(f"{sold.path}/confirm")

    assert "Not enough stock available" in refused(answer)
    assert await reserved(tx, sold) == 3
    assert good(await admin.get(f"/admin/orders/{sold.order.id}"))["order"]["version"] == 1


async def test_what_cannot_be_added_is_refused(admin, sold) -> None:
    await begin(admin, sold)

    none = [{"variant_id": sold.variant_id, "quantity": 0}]
    unknown = [{"variant_id": "nope", "quantity": 1}]
    answers = [
        refused(await admin.post(f"{sold.path}/items", json={"items": items}))
        for items in (none, unknown)
    ]

    assert answers == [
        "Item quantity must be greater than 0",
        "Variants nope do not exist or belong to a product that is not published",
    ]


async def test_a_method_is_added_changed_and_taken_out(admin, tx, sold) -> None:
    await begin(admin, sold)
    option = await make_option(tx)

    preview = await step(admin, sold, "shipping-method", shipping_option_id=option, custom_amount=7)
    action = action_of(preview, "SHIPPING_ADD")
    path = f"shipping-method/{action['id']}"
    changed = await step(admin, sold, path, custom_amount=4)
    without = good(await admin.delete(f"{sold.path}/{path}"))["order_preview"]

    totals = [one["summary"]["current_order_total"] for one in (preview, changed, without)]
    assert totals == [67, 64, 60]


async def test_a_requested_edit_is_confirmed_and_a_canceled_one_blocks_nothing(admin, sold) -> None:
    await begin(admin, sold)
    assert (await step(admin, sold, "request"))["order_change"]["status"] == "requested"

    answer = good(await admin.delete(sold.path))

    assert answer == {"id": sold.order.id, "object": "order-edit", "deleted": True}
    for path in ("confirm", "request"):
        assert refused(await admin.post(f"{sold.path}/{path}", json={})) == NO_CHANGE
    await begin(admin, sold)


async def test_money_beyond_all_doubles_is_refused(admin: httpx.AsyncClient, sold: Sold) -> None:
    await begin(admin, sold)
    line = f"{sold.path}/items/item/{sold.order.line_ids[0]}"

    answer = await admin.post(line, json={"quantity": 2, "unit_price": 1e308})

    assert refused(answer) == "The amounts add up to more than 1e300"
    assert (await step(admin, sold, "request"))["order_change"]["status"] == "requested"


async def test_money_beyond_64_bits_is_shown(admin: httpx.AsyncClient, sold: Sold) -> None:
    await begin(admin, sold)
    line = f"items/item/{sold.order.line_ids[0]}"

    preview = await step(admin, sold, line, quantity=4, unit_price=10**30)

    assert preview["items"][0]["unit_price"] == 1e30
    assert preview["summary"]["pending_difference"] == 4e30
