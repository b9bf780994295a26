"""How many statements requests take: reads one, writes as many for 100 rows as for one.

The numbers stand here so that a rise is noticed: who makes one smaller, or larger for a reason,
changes it. Not counted: BEGIN, COMMIT, and the one statement that asks who calls.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count

import pytest

from tests.factories.products import (
    grid,
    make_items,
    make_location,
    make_product,
    make_sales_channel,
    make_shipping_profile,
    prices,
    variants,
)

SIZES = (1, 10, 100)
# Each size gets rows of its own.
SLICES = {1: slice(0, 1), 10: slice(1, 11), 100: slice(11, 111)}

QUERIES = (
    "/admin/products?fields=*variants.inventory_items.inventory.location_levels,*tags,*categories",
    "/admin/products?q=shirt&order=-variants.prices.amount&sales_channel_id={sales-channels}&limit=2",
    "/admin/products?variants[sku][]=SKU-1&status[]=draft&$or[0][title]=Shirt",
    "/admin/products/{id}?fields=variants.inventory_quantity,variants.calculated_price.*"
    "&currency_code=usd",
    "/admin/product-variants?fields=product.variants.product.title&sku[]=SKU-1&sku[]=SKU-2",
)


@dataclass
class Shop:
    """What there is to read and to change."""

    ids: dict[str, str]
    variants: list[str]
    items: list[str]

    def path(self, template: str) -> str:
        """The template with ids filled in; things that the shop has none of get one of nobody."""
        area = template.removeprefix("/admin/").partition("/")[0]
        return template.format_map(defaultdict(lambda: "none", self.ids, id=self.ids.get(area)))


@pytest.fixture
async def shop(tx, admin):
    channel, location = await make_sales_channel(tx), await make_location(tx)
    options = grid(400)
    product = await make_product(
        tx,
        options=options,
        variants=variants(options, 111),
        sales_channels=[{"id": channel}],
        images=[{"url": "front.png"}],
    )
    levels = [{"location_id": location, "stocked_quantity": 5}]
    items = await make_items(tx, 111, location_levels=levels)
    ids = {
        "products": product.id,
        "variant_id": product.variant_ids[0],
        "inventory-items": items[0],
        "sales-channels": channel,
        "stock-locations": location,
        "shipping-profiles": await make_shipping_profile(tx),
        "users": await tx.fetchval('SELECT id FROM "user"'),
    }
    return Shop(ids, product.variant_ids, items)


async def test_every_list_and_get_route_takes_one_statement(app, admin, shop, statements):
    routes = app.openapi()["paths"].items()
    reads = [path for path, methods in routes if "get" in methods and path.startswith("/admin/")]

    found = {}
    for path in reads:
        answer = admin.get(shop.path(path))
        found[path] = len(await statements.of(answer, status=None))

    assert len(reads) > 15
    assert found == dict.fromkeys(reads, 1)


@pytest.mark.parametrize("path", QUERIES)
async def test_a_read_takes_one_statement_whatever_it_asks_for(admin, shop, statements, path):
    taken = await statements.of(admin.get(shop.path(path)))

    assert len(taken) == 1, taken


async def test_who_calls_is_asked_in_one_statement(admin, statements):
    taken = await statements.all_of(admin.get("/admin/none"), status=404)

    assert len(taken) == 1, taken


NUMBERS = count()


def new_variants(shop, size):
    mark = next(NUMBERS)
    bodies = variants(grid(400), 400)[120 + SLICES[size].start : 120 + SLICES[size].stop]
    return [{**body, "sku": f"NEW-{mark}-{body['title']}"} for body in bodies]


def create_variants(shop, size):
    return "variants/batch", {"create": new_variants(shop, size)}


def create_kits(shop, size):
    links = [{"inventory_item_id": item, "required_quantity": 2} for item in shop.items[:2]]
    rules = [{"currency_code": "usd", "amount": 1, "rules": {"region_id": "reg"}}]
    bodies = new_variants(shop, size)
    return "variants/batch", {
        "create": [{**body, "prices": rules, "inventory_items": links} for body in bodies]
    }


def rename_variants(shop, size):
    ids = shop.variants[SLICES[size]]
    return "variants/batch", {"update": [{"id": given, "title": "New"} for given in ids]}


def change_prices(shop, size):
    wanted = prices(usd=3, dkk=4)
    ids = shop.variants[SLICES[size]]
    return "variants/batch", {"update": [{"id": given, "prices": wanted} for given in ids]}


def change_codes(shop, size):
    update = [{"id": given, "sku": f"{given}-new"} for given in shop.variants[SLICES[size]]]
    return "variants/batch", {"update": update}


def stop_managing(shop, size):
    ids = shop.variants[SLICES[size]]
    return "variants/batch", {"update": [{"id": given, "manage_inventory": False} for given in ids]}


def delete_variants(shop, size):
    return "variants/batch", {"delete": shop.variants[SLICES[size]]}


def all_at_once(shop, size):
    ids = shop.variants[SLICES[size]]
    half = (len(ids) + 1) // 2
    return "variants/batch", {
        "delete": ids[:half],
        "update": [{"id": given, "prices": prices(usd=7)} for given in ids[half:]]
        or [{"id": shop.variants[-1], "prices": prices(usd=7)}],
        "create": new_variants(shop, size),
    }


def link_items(shop, size):
    return "variants/inventory-items/batch", {"create": pairs(shop, size, required_quantity=2)}


def change_links(shop, size):
    return "variants/inventory-items/batch", {
        "update": pairs(shop, size, required_quantity=3),
        "create": pairs(shop, size, required_quantity=3),
    }


def unlink_items(shop, size):
    return "variants/inventory-items/batch", {"delete": pairs(shop, size)}


def pairs(shop, size, **more):
    chosen = SLICES[size]
    return [
        {"variant_id": variant_id, "inventory_item_id": item_id, **more}
        for variant_id, item_id in zip(shop.variants[chosen], shop.items[chosen], strict=True)
    ]


@pytest.mark.parametrize(
    ("body_of", "number"),
    [
        (create_variants, 4),
        (create_kits, 5),
        (rename_variants, 5),
        (change_prices, 11),
        (change_codes, 6),
        (stop_managing, 6),
        (delete_variants, 12),
        (all_at_once, 24),
        (link_items, 4),
        (unlink_items, 3),
    ],
)
async def test_a_batch_takes_as_many_statements_whatever_its_size(
    admin, shop, statements, body_of, number
):
    found = {}
    for size in SIZES:
        where, body = body_of(shop, size)
        path = shop.path(f"/admin/products/{{id}}/{where}")
        found[size] = await statements.of(admin.post(path, json=body))

    counts = {size: len(taken) for size, taken in found.items()}
    assert counts == dict.fromkeys(SIZES, number), found
