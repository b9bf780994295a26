"""The order in which a workflow takes its locks: two that take the same ones agree on it."""

import re

from tests.factories.depots import make_depot, post
from tests.factories.options import make_option

LOCK = re.compile(r'FROM "?(\w+)"?[^;]*?FOR (NO KEY UPDATE|UPDATE|SHARE|KEY SHARE)', re.S)


async def test_x(admin, tx, statements):
    depot = await make_depot(tx, 2)
    order = await depot.order(2)
    pid = await tx.fetchval("SELECT id FROM product LIMIT 1")
    option = await make_option(tx, "Form", "S")
    await admin.post(f"/admin/products/{pid}/options/batch", json={"add": [option.id]})
    loc2 = (await post(admin, "stock-locations", name="Two"))["stock_location"]["id"]
    reqs = {
        "option": ("POST", f"/admin/product-options/{option.id}", {"title": "Shape"}),
        "batch": (
            "POST",
            f"/admin/products/{pid}/variants/batch",
            {"update": [{"id": i, "title": "x"} for i in depot.variant_ids]},
        ),
        "links": (
            "POST",
            f"/admin/products/{pid}/variants/inventory-items/batch",
            {
                "update": [
                    {"variant_id": v, "inventory_item_id": i, "required_quantity": 2}
                    for v, i in zip(depot.variant_ids, depot.item_ids)
                ]
            },
        ),
        "fulfil": (
            "POST",
            f"/admin/orders/{order.id}/fulfillments",
            {"items": depot.units(order), "location_id": depot.location_id},
        ),
        "reserve": (
            "POST",
            "/admin/reservations",
            {
                "inventory_item_id": depot.item_ids[0],
                "location_id": depot.location_id,
                "quantity": 1,
            },
        ),
        "level": (
            "POST",
            f"/admin/inventory-items/{depot.item_ids[0]}/location-levels",
            {"location_id": loc2, "stocked_quantity": 1},
        ),
        "cancel": ("POST", f"/admin/orders/{order.id}/cancel", {}),
        "ret": ("POST", "/admin/returns", {"order_id": order.id}),
        "variant": ("DELETE", f"/admin/products/{pid}/variants/{depot.variant_ids[0]}", None),
        "item": ("DELETE", f"/admin/inventory-items/{depot.item_ids[0]}", None),
        "loc": ("DELETE", f"/admin/stock-locations/{loc2}", None),
        "product": ("DELETE", f"/admin/products/{pid}", None),
    }
    for n, (m, p, b) in reqs.items():
        texts = await statements.all_of(admin.request(m, p, json=b), status=None)
        print("##", n, [f"{x[0]} {x[1]}" for t in texts for x in LOCK.findall(t)])
    assert 0
