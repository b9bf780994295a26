"""/admin/orders/{id}/fulfillments: goods leave, and take their stock with them."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import httpx
import pytest

from merx.core.database import Transaction
from merx.modules.order.new import NewMethod
from tests.answers import good, refused
from tests.factories.orders import MadeOrder, line, make_option, make_order, reserve, tax
from tests.factories.products import make_location, make_product, make_variants, variant
from tests.factories.stock import make_level


@dataclass(frozen=True)
class Shop:
    order: MadeOrder
    item_id: str
    location_id: str

    @property
    def path(self) -> str:
        return f"/admin/orders/{self.order.id}/fulfillments"

    def body(self, quantity: float, at: int = 0) -> dict[str, object]:
        item = {"id": self.order.line_ids[at], "quantity": quantity}
        return {"items": [item], "location_id": self.location_id}


async def make_shop(tx: Transaction) -> Shop:
    """Three shirts that are kept in stock, and two cards that are not."""
    location_id = await make_location(tx)
    product = await make_product(tx)
    [variant_id] = await make_variants(tx, product.id, [variant("Large", manage_inventory=True)])
    item_id = await tx.fetchval(
        "SELECT inventory_item_id FROM product_variant_inventory_item WHERE variant_id = $1",
        variant_id,
    )
    await make_level(tx, item_id, location_id, stocked=10)
    kept = line(20, 3, tax_lines=[tax()], variant_id=variant_id)
    way = NewMethod("Standard", Decimal(10), await make_option(tx))
    order = await make_order(tx, kept, line(5, 2, title="Card"), methods=[way])
    await reserve(tx, order, item_id, location_id, 3)
    return Shop(order, item_id, location_id)


async def done(admin: httpx.AsyncClient, shop: Shop, path: str, body: object = None) -> dict:
    """The order once the request is done."""
    good(await admin.post(path, json=body))
    return good(await admin.get(f"/admin/orders/{shop.order.id}"))["order"]


async def stock(tx: Transaction, shop: Shop) -> tuple[int, int]:
    row = await tx.fetchrow(
        "SELECT stocked_quantity, reserved_quantity FROM inventory_level"
        " WHERE inventory_item_id = $1",
        shop.item_id,
    )
    assert row is not None
    return int(row[0]), int(row[1])


async def test_a_part_is_fulfilled_shipped_and_delivered(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    shop = await make_shop(tx)

    made = await done(admin, shop, shop.path, shop.body(2))

    [fulfillment] = made["fulfillments"]
    assert (made["version"], made["fulfillment_status"]) == (2, "partially_fulfilled")
    assert made["items"][0]["detail"]["fulfilled_quantity"] == 2
    assert await stock(tx, shop) == (8, 1)

    path = f"{shop.path}/{fulfillment['id']}"
    label = {"tracking_number": "1", "tracking_url": "http://a.dk", "label_url": "http://b.dk"}
    body = {**shop.body(2), "labels": [label]}
    del body["location_id"]
    shipped = await done(admin, shop, f"{path}/shipments", body)
    assert shipped["fulfillment_status"] == "partially_shipped"
    assert shipped["items"][0]["detail"]["shipped_quantity"] == 2
    assert "Shipped fulfillments cannot" in refused(await admin.post(f"{path}/cancel"))

    delivered = await done(admin, shop, f"{path}/mark-as-delivered")
    assert delivered["fulfillment_status"] == "partially_delivered"
    assert "already been marked" in refused(await admin.post(f"{path}/mark-as-delivered"))


async def test_canceling_gives_stock_and_reservation_back(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    shop = await make_shop(tx)
    made = await done(admin, shop, shop.path, shop.body(3))
    path = f"{shop.path}/{made['fulfillments'][0]['id']}/cancel"
    assert await stock(tx, shop) == (7, 0)

    canceled = await done(admin, shop, path)

    assert await stock(tx, shop) == (10, 3)
    assert canceled["fulfillment_status"] == "canceled"
    assert canceled["items"][0]["detail"]["fulfilled_quantity"] == 0
    assert refused(await admin.post(path)) == "The fulfillment is already canceled"


@pytest.mark.parametrize(
    ("quantity", "at", "message"),
    [
        pytest.param(4, 0, "Cannot fulfill more items than what was ordered", id="too-many"),
        pytest.param(3, 1, "Cannot fulfill more items than what was ordered", id="no-stock-kept"),
        pytest.param(0, 0, "Quantity to fulfill of item", id="nothing"),
        pytest.param(-1, 0, "Quantity to fulfill of item", id="less-than-nothing"),
    ],
)
async def test_more_than_was_ordered_is_refused(
    admin: httpx.AsyncClient, tx: Transaction, quantity: int, at: int, message: str
) -> None:
    shop = await make_shop(tx)

    answer = await admin.post(shop.path, json=shop.body(quantity, at))

    assert message in refused(answer)
    assert await stock(tx, shop) == (10, 3)


async def test_what_is_not_reserved_is_refused(admin: httpx.AsyncClient, tx: Transaction) -> None:
    shop = await make_shop(tx)
    await tx.execute("UPDATE reservation_item SET quantity = 1")
    await tx.execute("UPDATE inventory_level SET reserved_quantity = 1")

    answer = await admin.post(shop.path, json=shop.body(2))

    assert "exceeds the reserved quantity" in refused(answer)
    assert await stock(tx, shop) == (10, 1)


@pytest.mark.commits
async def test_of_eight_who_fulfill_the_same_units_one_does(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    shop = await make_shop(tx)

    answers = await asyncio.gather(*(admin.post(shop.path, json=shop.body(3)) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert await stock(tx, shop) == (7, 0)
    found = good(await admin.get(f"/admin/orders/{shop.order.id}"))["order"]
    assert len(found["fulfillments"]) == 1
    path = f"{shop.path}/{found['fulfillments'][0]['id']}/cancel"

    canceled = await asyncio.gather(*(admin.post(path) for _ in range(8)))

    assert sorted(answer.status_code for answer in canceled) == [200] + [400] * 7
    assert await stock(tx, shop) == (10, 3)
