"""Orders of kits at two locations: stock, reservations and the ledger after each step."""

from dataclasses import dataclass

import httpx
import pytest

from merx.core.database import Transaction
from merx.modules.order.new import NewMethod
from tests.answers import good, refused
from tests.factories.depots import post
from tests.factories.orders import MadeOrder, line, make_option, make_order
from tests.factories.products import make_item, make_location, make_product, make_variants, variant
from tests.factories.stock import make_level, make_reservation

# Bolts and plates of one kit.
BOLTS, PLATES = 2, 1


@dataclass
class Kits:
    """An order of three kits, held at the first of two locations with ten bolts and ten plates."""

    tx: Transaction
    order: MadeOrder
    locations: tuple[str, str]
    items: tuple[str, str]

    async def levels(self, number: int) -> list[tuple[int, int]]:
        """Stocked and reserved bolts and plates at a location, which the ledger adds up to."""
        found: list[tuple[int, int]] = []
        for item in self.items:
            row = await self.tx.fetchrow(
                "SELECT l.stocked_quantity AS stocked, l.reserved_quantity AS reserved,"
                " coalesce(sum(m.delta) FILTER (WHERE m.quantity = 'stocked'), 0) AS moved,"
                " coalesce(sum(m.delta) FILTER (WHERE m.quantity = 'reserved'), 0) AS held"
                " FROM inventory_level l JOIN inventory_movement m ON m.inventory_level_id = l.id"
                " WHERE l.inventory_item_id = $1 AND l.location_id = $2 GROUP BY l.id",
                item,
                self.locations[number],
            )
            assert row is not None
            assert (row["moved"], row["held"]) == (row["stocked"], row["reserved"])
            found.append((int(row["stocked"]), int(row["reserved"])))
        return found

    async def held(self) -> int:
        """The bolts that reservations of the order's line hold, at whatever location."""
        return int(
            await self.tx.fetchval(
                "SELECT coalesce(sum(quantity), 0) FROM reservation_item WHERE line_item_id = $1"
                " AND inventory_item_id = $2 AND deleted_at IS NULL",
                self.order.line_ids[0],
                self.items[0],
            )
        )

    def body(self, quantity: int, number: int) -> dict[str, object]:
        item = {"id": self.order.line_ids[0], "quantity": quantity}
        return {"items": [item], "location_id": self.locations[number]}

    async def send(self, admin: httpx.AsyncClient, quantity: int, number: int) -> str:
        """The path of a new fulfillment."""
        path = f"orders/{self.order.id}/fulfillments"
        await post(admin, path, **self.body(quantity, number))
        newest = await self.tx.fetchval("SELECT id FROM fulfillment ORDER BY id DESC LIMIT 1")
        return f"{path}/{newest}"


@pytest.fixture
async def kits(tx: Transaction) -> Kits:
    locations = (await make_location(tx), await make_location(tx))
    items = (await make_item(tx, "bolt"), await make_item(tx, "plate"))
    parts = [
        {"inventory_item_id": items[0], "required_quantity": BOLTS},
        {"inventory_item_id": items[1], "required_quantity": PLATES},
    ]
    product = await make_product(tx, status="published")
    kit = variant("Kit", manage_inventory=True, inventory_items=parts)
    [variant_id] = await make_variants(tx, product.id, [kit])
    for location in locations:
        for item in items:
            await make_level(tx, item, location, stocked=10)
    way = NewMethod("Standard", 10, await make_option(tx))
    order = await make_order(tx, line(20, 3, variant_id=variant_id), methods=[way])
    for item, units in zip(items, (3 * BOLTS, 3 * PLATES), strict=True):
        await make_reservation(
            tx, item, locations[0], units, line_item_id=order.line_ids[0], allow_backorder=False
        )
    return Kits(tx, order, locations, items)


async def test_kits_leave_two_locations_and_come_back_to_stock(
    admin: httpx.AsyncClient, kits: Kits
) -> None:
    first = await kits.send(admin, 1, 0)
    assert await kits.levels(0) == [(8, 4), (9, 2)]

    second = await kits.send(admin, 2, 1)
    # What is held at the first location is let go; the stock of the second one falls.
    assert await kits.levels(0) == [(8, 0), (9, 0)]
    assert await kits.levels(1) == [(6, 0), (8, 0)]

    await post(admin, f"{second}/cancel")
    assert await kits.held() == 2 * BOLTS
    assert sum(stocked for stocked, _ in await kits.levels(1)) == 20
    await post(admin, f"{first}/cancel")
    # Each part is held again where it came from.
    assert await kits.held() == 3 * BOLTS
    assert await kits.levels(0) == [(10, 2), (10, 1)]
    assert await kits.levels(1) == [(10, 4), (10, 2)]
    await post(admin, f"orders/{kits.order.id}/cancel")
    assert [await kits.levels(number) for number in (0, 1)] == [[(10, 0), (10, 0)]] * 2


async def test_kits_come_back_where_the_return_goes(admin: httpx.AsyncClient, kits: Kits) -> None:
    await kits.send(admin, 3, 0)
    begin = {"order_id": kits.order.id, "location_id": kits.locations[1]}
    return_id = (await post(admin, "returns", **begin))["return"]["id"]
    line_id = kits.order.line_ids[0]
    path = f"returns/{return_id}"
    await post(admin, f"{path}/request-items", items=[{"id": line_id, "quantity": 3}])
    await post(admin, f"{path}/request")
    await post(admin, f"{path}/receive")
    await post(admin, f"{path}/receive-items", items=[{"id": line_id, "quantity": 2}])
    await post(admin, f"{path}/dismiss-items", items=[{"id": line_id, "quantity": 1}])
    await post(admin, f"{path}/receive/confirm")

    # Two kits came whole; the damaged one is no stock.
    assert await kits.levels(0) == [(4, 0), (7, 0)]
    assert await kits.levels(1) == [(14, 0), (12, 0)]


async def test_a_kit_of_which_a_part_is_short_does_not_leave(
    admin: httpx.AsyncClient, kits: Kits
) -> None:
    path = f"inventory-items/{kits.items[1]}/location-levels/{kits.locations[1]}"
    await post(admin, path, stocked_quantity=1)

    answer = await admin.post(f"/admin/orders/{kits.order.id}/fulfillments", json=kits.body(2, 1))

    assert "Not enough stock available for item" in refused(answer)
    assert await kits.levels(1) == [(10, 0), (1, 0)]
    assert await kits.held() == 3 * BOLTS


async def test_a_canceled_order_of_kits_frees_all_parts(
    admin: httpx.AsyncClient, kits: Kits
) -> None:
    await post(admin, f"orders/{kits.order.id}/cancel")

    assert await kits.levels(0) == [(10, 0), (10, 0)]
    assert await kits.held() == 0


async def test_units_on_their_way_back_are_not_unsent(admin: httpx.AsyncClient, kits: Kits) -> None:
    sent = await kits.send(admin, 3, 0)
    return_id = (await post(admin, "returns", order_id=kits.order.id))["return"]["id"]
    item = {"id": kits.order.line_ids[0], "quantity": 1}
    await post(admin, f"returns/{return_id}/request-items", items=[item])
    await post(admin, f"returns/{return_id}/request")

    message = refused(await admin.post(f"/admin/{sent}/cancel"))

    line_id = kits.order.line_ids[0]
    assert message == f"Cannot cancel more items than what was fulfilled for item {line_id}."
    assert await kits.levels(0) == [(4, 0), (7, 0)]
    await post(admin, f"returns/{return_id}/cancel")
    await post(admin, f"{sent}/cancel")
    assert await kits.held() == 3 * BOLTS


async def test_more_than_there_is_may_be_added_as_a_backorder(
    admin: httpx.AsyncClient, tx: Transaction, kits: Kits
) -> None:
    order_id = kits.order.id
    row = "SELECT variant_id FROM order_line_item WHERE id = $1"
    item = {
        "variant_id": await tx.fetchval(row, kits.order.line_ids[0]),
        "quantity": 8,
        "unit_price": 5,
        "allow_backorder": True,
    }
    channel = await tx.fetchval(
        "INSERT INTO sales_channel (id, name) VALUES ('sc_k', 'K') RETURNING id"
    )
    await tx.execute('UPDATE "order" SET sales_channel_id = $1', channel)
    for location in kits.locations[:1]:
        body = {"add": [channel]}
        good(await admin.post(f"/admin/stock-locations/{location}/sales-channels", json=body))

    await post(admin, "order-edits", order_id=order_id)
    short = await admin.post(
        f"/admin/order-edits/{order_id}/items", json={"items": [item | {"allow_backorder": False}]}
    )
    assert refused(short) == "Some variant does not have the required inventory"
    await post(admin, f"order-edits/{order_id}/items", items=[item])
    await post(admin, f"order-edits/{order_id}/confirm")

    # Three kits and eight more are held; ten bolts and ten plates are there.
    assert await kits.levels(0) == [(10, 11 * BOLTS), (10, 11 * PLATES)]
