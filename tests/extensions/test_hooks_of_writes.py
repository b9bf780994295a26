"""Every write of what has hooks calls them: one walk over all routes that change it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.core.hooks import Change, Hook, Point
from tests.answers import good
from tests.extensions.test_points import MOMENTS, SUBJECTS
from tests.factories.customers import make_address, make_buyer
from tests.factories.depots import make_depot
from tests.factories.taxes import make_region

Told = list[str]


@pytest.fixture
def told(app: FastAPI) -> Iterator[Told]:
    """The moments that were reached, with rows, since the list was cleared."""
    own, heard = app.state.hooks, Told()

    def noting(point: Point) -> Hook:
        async def note(_: Transaction, rows: Sequence[Change]) -> None:
            if rows:
                heard.append(f"{point.subject} {point.moment}")

        return note

    points = [getattr(one, moment) for one in SUBJECTS.values() for moment in MOMENTS]
    app.state.hooks = {point: (noting(point),) for point in points}
    yield heard
    app.state.hooks = own


@pytest.fixture
async def ids(admin: httpx.AsyncClient, tx: Transaction) -> dict[str, str]:
    """What the requests change."""
    depot = await make_depot(tx, 2)
    order = await depot.order(2)
    buyer = await make_buyer(tx)
    made = {
        "product": await tx.fetchval("SELECT id FROM product"),
        "variant": depot.variant_ids[0],
        "item": depot.item_ids[0],
        "location": depot.location_id,
        "order": order.id,
        "customer": buyer.id,
        "address": await make_address(tx, buyer.id),
        "region": await make_region(tx, "Germany"),
    }
    for name, path, body in (
        ("elsewhere", "stock-locations", {"name": "Elsewhere"}),
        ("list", "price-lists", {"title": "Sale", "description": ""}),
        ("collection", "collections", {"title": "Spring"}),
        ("category", "product-categories", {"name": "Wear"}),
        ("campaign", "campaigns", {"name": "Spring", "campaign_identifier": "spring"}),
        ("draft", "draft-orders", {"email": "ann@home.test", "region_id": made["region"]}),
        ("group", "customer-groups", {"name": "Gold"}),
        ("unlinked", "inventory-items", {"sku": "UNLINKED"}),
        ("goods", "products", {"title": "Hat", "options": [{"title": "Size", "values": ["S"]}]}),
    ):
        answer = good(await admin.post(f"/admin/{path}", json=body))
        made[name] = next(iter(answer.values()))["id"]
    return made


def both(subject: str, moment: str) -> list[str]:
    """Before and after the rows are written."""
    return [f"{subject} {moment}ing", f"{subject} {moment}ed"]


PRICE = {"variant_id": "{variant}", "currency_code": "usd", "amount": 3}
WAY = "products/{product}/variants/{variant}/inventory-items"
TEN = {
    "code": "TEN",
    "type": "standard",
    "application_method": {"type": "percentage", "target_type": "order", "value": 10},
}
# What was reserved for it is released.
CANCELED = ["order updating", *both("reservation", "delet"), "order updated"]
WRITES: dict[str, tuple[str, dict[str, Any] | None, list[str]]] = {
    "a product": ("products/{product}", {"title": "Coat"}, both("product", "updat")),
    "a product, declared": (
        "PUT products/by-handle/new-hat",
        {"title": "New hat", "options": [{"title": "Size", "values": ["S"]}], "variants": []},
        both("product", "creat"),
    ),
    "a variant": (
        "products/{product}/variants/{variant}",
        {"title": "New"},
        both("variant", "updat"),
    ),
    "variants": (
        "products/{product}/variants/batch",
        {"update": [{"id": "{variant}", "title": "Newer"}]},
        both("variant", "updat"),
    ),
    "a link": (f"{WAY}/{{item}}", {"required_quantity": 3}, both("inventory_link", "updat")),
    "a link that comes": (
        WAY,
        {"inventory_item_id": "{unlinked}", "required_quantity": 1},
        both("inventory_link", "creat"),
    ),
    "a link that goes": (f"DELETE {WAY}/{{unlinked}}", None, both("inventory_link", "delet")),
    "a new item": (
        "inventory-items",
        {"sku": "NEW", "location_levels": [{"location_id": "{location}"}]},
        [
            *("inventory_item creating", "inventory_level creating"),
            *("inventory_item created", "inventory_level created"),
        ],
    ),
    "a new list": ("price-lists", {"title": "N", "description": ""}, both("price_list", "creat")),
    "a new collection": ("collections", {"title": "N"}, both("collection", "creat")),
    "a new category": ("product-categories", {"name": "N"}, both("category", "creat")),
    "a new campaign": (
        "campaigns",
        {"name": "N", "campaign_identifier": "n"},
        both("campaign", "creat"),
    ),
    "a new customer": ("customers", {"email": "n@home.test"}, both("customer", "creat")),
    "a new address": (
        "customers/{customer}/addresses",
        {"city": "Bern"},
        both("customer_address", "creat"),
    ),
    "a new reservation": (
        "reservations",
        {"inventory_item_id": "{item}", "location_id": "{location}", "quantity": 1},
        both("reservation", "creat"),
    ),
    "an item": ("inventory-items/{item}", {"title": "Cloth"}, both("inventory_item", "updat")),
    "a level that comes": (
        "inventory-items/{item}/location-levels",
        {"location_id": "{elsewhere}", "stocked_quantity": 4},
        both("inventory_level", "creat"),
    ),
    "a level": (
        "inventory-items/{item}/location-levels/{elsewhere}",
        {"stocked_quantity": 0},
        both("inventory_level", "updat"),
    ),
    "a level that goes": (
        "DELETE inventory-items/{item}/location-levels/{elsewhere}",
        None,
        both("inventory_level", "delet"),
    ),
    "a list": ("price-lists/{list}", {"title": "Sales"}, both("price_list", "updat")),
    "prices of a list": (
        "price-lists/{list}/prices/batch",
        {"create": [PRICE]},
        both("price_list", "updat"),
    ),
    "a list that goes": ("DELETE price-lists/{list}", None, both("price_list", "delet")),
    "a collection": ("collections/{collection}", {"title": "S"}, both("collection", "updat")),
    "a category": ("product-categories/{category}", {"name": "C"}, both("category", "updat")),
    "a campaign": ("campaigns/{campaign}", {"name": "S"}, both("campaign", "updat")),
    "a promotion": ("promotions", TEN, both("promotion", "creat")),
    "an order": ("orders/{order}", {"email": "bob@home.test"}, both("order", "updat")),
    "an order that is canceled": ("orders/{order}/cancel", {}, CANCELED),
    "a draft that goes": ("DELETE draft-orders/{draft}", None, both("order", "delet")),
    "a customer": ("customers/{customer}", {"first_name": "B"}, both("customer", "updat")),
    "an address": (
        "customers/{customer}/addresses/{address}",
        {"city": "Bonn"},
        both("customer_address", "updat"),
    ),
    "a customer that goes": (
        "DELETE customers/{customer}",
        None,
        both("customer", "delet"),
    ),
    "a product that goes": ("DELETE products/{goods}", None, both("product", "delet")),
}


async def test_every_write_calls_the_hooks_of_what_it_writes(
    admin: httpx.AsyncClient, ids: dict[str, str], told: Told
) -> None:
    found = dict[str, Told]()
    for name, (where, body, _) in WRITES.items():
        method, _, path = where.rpartition(" ")
        content = json.dumps(body)
        for key, id in ids.items():
            content = content.replace(f'"{{{key}}}"', f'"{id}"')
        sent = None if body is None else json.loads(content)
        told.clear()
        good(await admin.request(method or "POST", f"/admin/{path.format_map(ids)}", json=sent))
        found[name] = list(told)

    assert found == {name: expected for name, (_, _, expected) in WRITES.items()}
