"""Hooks of stock, links, price lists and orders: each moment, with the rows of the whole call."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.core.hooks import Change, Hook, Point, Subject, in_force
from merx.modules.cart.hooks import CARTS
from merx.modules.inventory.hooks import ITEMS, LEVELS, RESERVATIONS
from merx.modules.order.hooks import ORDERS
from merx.modules.pricing.hooks import PRICE_LISTS
from merx.modules.product.hooks import COLLECTIONS, INVENTORY_LINKS
from merx.workflows.selling.carts.abandoned import expire_carts
from tests.answers import good, refused
from tests.factories.orders import line, make_order
from tests.factories.products import make_item, make_location, make_product, variant
from tests.factories.shop import make_goods, make_paid_cart, make_shop
from tests.factories.stock import make_level

Seen = list[tuple[str, list[Change]]]
MOMENTS = ("creating", "created", "updating", "updated", "deleting", "deleted")


@pytest.fixture
def listen(app: FastAPI) -> Iterator[Callable[[Subject], Seen]]:
    """Hears everything about a subject."""
    own = app.state.hooks

    def begin(subject: Subject) -> Seen:
        seen: Seen = []

        def noting(moment: str) -> Hook:
            async def note(_: Transaction, rows: Sequence[Change]) -> None:
                seen.append((moment, list(rows)))

            return note

        points = {getattr(subject, moment): (noting(moment),) for moment in MOMENTS}
        app.state.hooks = {**own, **points}
        return seen

    yield begin
    app.state.hooks = own


def moments(seen: Seen) -> list[tuple[str, int]]:
    """What was heard, and of how many rows."""
    return [(moment, len(rows)) for moment, rows in seen]


async def test_inventory_items_are_made_and_deleted(
    admin: httpx.AsyncClient, listen: Callable[[Subject], Seen]
) -> None:
    seen = listen(ITEMS)

    made = good(await admin.post("/admin/inventory-items", json={"sku": "A"}))["inventory_item"]
    good(await admin.delete(f"/admin/inventory-items/{made['id']}"))

    assert moments(seen) == [("creating", 1), ("created", 1), ("deleting", 1), ("deleted", 1)]
    assert [rows[0].id for _, rows in seen] == ["", *[made["id"]] * 3]
    assert seen[0][1][0].body.model_dump()["sku"] == "A"


async def test_levels_of_a_batch_come_together(
    admin: httpx.AsyncClient, tx: Transaction, listen: Callable[[Subject], Seen]
) -> None:
    items = [await make_item(tx, sku) for sku in ("A", "B", "C")]
    place = await make_location(tx)
    held = await make_level(tx, items[2], place)
    seen = listen(LEVELS)
    body: dict[str, Any] = {
        "delete": [held],
        "create": [
            {"inventory_item_id": item, "location_id": place, "stocked_quantity": 7}
            for item in items[:2]
        ],
    }

    good(await admin.post("/admin/inventory-items/location-levels/batch", json=body))
    set_to = {"inventory_item_id": items[0], "location_id": place, "stocked_quantity": 9}
    body = {"update": [set_to]}
    good(await admin.post("/admin/inventory-items/location-levels/batch", json=body))

    assert [each for each in moments(seen) if each[1]] == [
        *(("deleting", 1), ("deleted", 1), ("creating", 2), ("created", 2)),
        *(("updating", 1), ("updated", 1)),
    ]
    created = next(rows for moment, rows in seen if moment == "created")
    assert [row.values["stocked_quantity"] for row in created] == [7, 7]
    assert seen[-1][1][0].values["stocked_quantity"] == 9


async def test_a_hook_that_refuses_a_reservation_leaves_the_stock_alone(
    admin: httpx.AsyncClient, app: FastAPI, tx: Transaction
) -> None:
    item, place = await make_item(tx, "A"), await make_location(tx)
    level = await make_level(tx, item, place, stocked=5)

    async def refuse(_: Transaction, rows: Sequence[Change]) -> None:
        raise NotAllowed(f"Not {rows[0].values['quantity']} of {rows[0].values['location_id']}")

    own = app.state.hooks
    app.state.hooks = {**own, RESERVATIONS.created: (refuse,)}
    body = {"inventory_item_id": item, "location_id": place, "quantity": 2}
    try:
        answer = await admin.post("/admin/reservations", json=body)
    finally:
        app.state.hooks = own

    assert refused(answer) == f"Not 2 of {place}"
    row = await tx.fetchrow("SELECT reserved_quantity FROM inventory_level WHERE id = $1", level)
    assert row is not None
    assert row[0] == 0
    assert await tx.fetchval("SELECT count(*) FROM reservation_item") == 0


async def test_links_are_told_by_their_bodies(
    admin: httpx.AsyncClient, tx: Transaction, listen: Callable[[Subject], Seen]
) -> None:
    made = await make_product(tx, variants=[variant(manage_inventory=False)])
    item = await make_item(tx, "A")
    pair = {"variant_id": made.variant_ids[0], "inventory_item_id": item}
    path = f"/admin/products/{made.id}/variants/inventory-items/batch"
    seen = listen(INVENTORY_LINKS)

    good(await admin.post(path, json={"create": [{**pair, "required_quantity": 2}]}))
    good(await admin.post(path, json={"update": [{**pair, "required_quantity": 3}]}))
    good(await admin.post(path, json={"delete": [pair]}))

    assert moments(seen) == [(moment, 1) for moment in MOMENTS]
    quantities = [rows[0].body.model_dump().get("required_quantity") for _, rows in seen]
    assert quantities == [2, 2, 3, 3, None, None]


async def test_price_lists_are_told_with_their_prices(
    admin: httpx.AsyncClient, tx: Transaction, listen: Callable[[Subject], Seen]
) -> None:
    made = await make_product(tx, variants=[variant()])
    price = {"variant_id": made.variant_ids[0], "currency_code": "usd", "amount": 4}
    seen = listen(PRICE_LISTS)

    body = {"title": "Sale", "description": "d", "prices": [price]}
    sale = good(await admin.post("/admin/price-lists", json=body))["price_list"]["id"]
    path = f"/admin/price-lists/{sale}"
    good(await admin.post(path, json={"title": "Sales"}))
    good(await admin.post(f"{path}/prices/batch", json={"create": [{**price, "amount": 3}]}))
    good(await admin.delete(path))

    assert [moment for moment, _ in seen] == [
        *("creating", "created", "updating", "updated", "updating", "updated"),
        *("deleting", "deleted"),
    ]
    assert {row.id for _, rows in seen[1:] for row in rows} == {sale}


async def test_orders_are_told_before_and_after_an_update(
    admin: httpx.AsyncClient, tx: Transaction, listen: Callable[[Subject], Seen]
) -> None:
    order = await make_order(tx, line())
    seen = listen(ORDERS)

    good(await admin.post(f"/admin/orders/{order.id}", json={"email": "new@shop.test"}))

    assert moments(seen) == [("updating", 1), ("updated", 1)]
    assert seen[0][1][0].id == order.id


async def test_carts_are_told_of_until_they_are_orders(
    client: httpx.AsyncClient, tx: Transaction, listen: Callable[[Subject], Seen]
) -> None:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Mug", 5)
    carts = listen(CARTS)

    cart = await make_paid_cart(client, shop, ("Mug", 2))
    orders = listen(ORDERS)
    path = f"/store/carts/{cart['id']}/complete"
    order = good(await client.post(path, headers=shop.headers))["order"]

    assert [moment for moment, _ in carts][:2] == ["creating", "created"]
    assert {moment for moment, _ in carts[2:]} == {"updating", "updated"}
    assert {row.id for _, rows in carts[1:] for row in rows} == {cart["id"]}
    assert [(moment, rows[0].id) for moment, rows in orders] == [
        ("creating", ""),
        ("created", order["id"]),
    ]


async def test_what_a_storefront_sends_for_extensions_comes_to_the_hooks_of_carts(
    client: httpx.AsyncClient, tx: Transaction, listen: Callable[[Subject], Seen]
) -> None:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Mug", 5)
    seen = listen(CARTS)

    async def send(path: str, **body: Any) -> Any:
        answer = await client.post(
            f"/store/carts{path}",
            json={**body, "additional_data": {"at": path}},
            headers=shop.headers,
        )
        return good(answer)["cart"]

    cart = await send("", region_id=shop.region_id)
    own = f"/{cart['id']}"
    await send(own, email="ann@home.test")
    filled = await send(f"{own}/line-items", variant_id=shop.goods["Mug"], quantity=1)
    line_path = f"{own}/line-items/{filled['items'][0]['id']}"
    await send(line_path, quantity=2)

    told = [(moment, rows[0].additional_data["at"]) for moment, rows in seen]
    assert told == [
        ("creating", ""),
        ("created", ""),
        *(
            (moment, path)
            for path in (own, f"{own}/line-items", line_path)
            for moment in MOMENTS[2:4]
        ),
    ]


async def test_an_item_and_a_collection_are_told_of_in_all_moments(
    admin: httpx.AsyncClient, tx: Transaction, listen: Callable[[Subject], Seen]
) -> None:
    items = listen(ITEMS)
    item = await make_item(tx, "A")
    good(await admin.post(f"/admin/inventory-items/{item}", json={"title": "Mug"}))
    collections = listen(COLLECTIONS)
    made = good(await admin.post("/admin/collections", json={"title": "Summer"}))["collection"]
    good(await admin.post(f"/admin/collections/{made['id']}", json={"title": "Autumn"}))
    good(await admin.delete(f"/admin/collections/{made['id']}"))

    assert moments(items) == [("updating", 1), ("updated", 1)]
    assert items[0][1][0].body.model_dump(exclude_unset=True) == {"title": "Mug"}
    assert moments(collections) == [(moment, 1) for moment in MOMENTS]


async def test_expired_carts_are_told_of_together(
    client: httpx.AsyncClient, tx: Transaction, listen: Callable[[Subject], Seen]
) -> None:
    shop = await make_shop(tx)
    for _ in range(2):
        good(await client.post("/store/carts", json={}, headers=shop.headers))
    await tx.execute("UPDATE cart SET updated_at = now() - interval '9 days'")
    seen: list[tuple[str, int]] = []
    hooks = {point: (counting(seen, point),) for point in (CARTS.deleting, CARTS.deleted)}
    before = in_force.set(hooks)
    try:
        gone = await expire_carts(tx, timedelta(days=8))
    finally:
        in_force.reset(before)

    assert len(gone) == 2
    assert seen == [("deleting", 2), ("deleted", 2)]


async def test_every_change_of_an_order_s_status_can_be_refused(
    admin: httpx.AsyncClient, app: FastAPI, tx: Transaction
) -> None:
    order = await make_order(tx, line())

    async def refuse(_: Transaction, rows: Sequence[Change]) -> None:
        raise NotAllowed(f"Not {rows[0].id}")

    own = app.state.hooks
    app.state.hooks = {**own, ORDERS.updating: (refuse,)}
    try:
        for step in ("complete", "cancel"):
            answer = await admin.post(f"/admin/orders/{order.id}/{step}")
            assert refused(answer) == f"Not {order.id}"
    finally:
        app.state.hooks = own

    assert await tx.fetchval('SELECT status FROM "order" WHERE id = $1', order.id) == "pending"


async def test_a_hook_refuses_an_order_before_it_is_written(
    client: httpx.AsyncClient, app: FastAPI, tx: Transaction
) -> None:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Mug", 5)
    cart = await make_paid_cart(client, shop, ("Mug", 2))
    seen: list[Change] = []

    async def refuse(_: Transaction, rows: Sequence[Change]) -> None:
        seen.extend(rows)
        raise NotAllowed("Not today")

    own = app.state.hooks
    app.state.hooks = {**own, ORDERS.creating: (refuse,)}
    try:
        answer = await client.post(f"/store/carts/{cart['id']}/complete", headers=shop.headers)
    finally:
        app.state.hooks = own

    assert refused(answer) == "Not today"
    assert [(row.id, row.values) for row in seen] == [("", {"cart_id": cart["id"]})]
    assert await tx.fetchval('SELECT count(*) FROM "order"') == 0


def counting(seen: list[tuple[str, int]], point: Point) -> Hook:
    """A hook that notes its moment and the number of rows."""

    async def count(_: Transaction, rows: Sequence[Change]) -> None:
        seen.append((point.moment, len(rows)))

    return count
