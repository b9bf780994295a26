"""How many statements requests take: reads one, writes as many for 100 rows as for one.

The numbers stand here so that a rise is noticed: who makes one smaller, or larger for a reason,
changes it. Not counted: BEGIN, COMMIT, and the one statement that asks who calls.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count

import pytest

from merx.modules.product.schemas import CreateProduct, OptionInput
from merx.workflows.catalogue.create_products import create_products
from tests.api_document import written
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

# Who calls is asked in one statement.
ACCESS = 1
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
    kept: list[str]
    items: list[str]
    products: list[str]
    links: list[dict[str, str]]

    def path(self, template: str) -> str:
        """The template with ids filled in; where the shop has no such row, an unknown one."""
        area = template.removeprefix("/admin/").partition("/")[0]
        return template.format_map(defaultdict(lambda: "none", self.ids, id=self.ids.get(area)))


@pytest.fixture
async def shop(tx, admin):
    channel, location = await make_sales_channel(tx), await make_location(tx)
    options = grid(400)
    product = await make_product(
        tx,
        options=options,
        variants=variants(options, 222),
        sales_channels=[{"id": channel}],
        images=[{"url": "front.png"}],
    )
    levels = [{"location_id": location, "stocked_quantity": 5}]
    items = await make_items(tx, 111, location_levels=levels)
    old = product.variant_ids
    ids = {
        "products": product.id,
        "variant_id": product.variant_ids[0],
        "inventory-items": items[0],
        "sales-channels": channel,
        "stock-locations": location,
        "second location": await make_location(tx, "Second"),
        "shipping-profiles": await make_shipping_profile(tx),
        "users": await tx.fetchval('SELECT id FROM "user"'),
    }
    size = OptionInput(title="Size", values=[])
    hats = [CreateProduct(title=f"Hat {number}", options=[size]) for number in range(111)]
    links = await tx.fetch(
        "SELECT variant_id, inventory_item_id FROM product_variant_inventory_item"
        " WHERE variant_id = ANY($1::text[])",
        old[:111],
    )
    made = await create_products(tx, hats)
    return Shop(ids, old[:111], old[111:], items, made, [dict(link) for link in links])


async def test_every_list_and_get_route_takes_one_statement(admin, shop, statements):
    routes = written()["paths"].items()
    reads = [path for path, methods in routes if "get" in methods and path.startswith("/admin/")]

    found = {}
    for path in reads:
        answer = admin.get(shop.path(path))
        found[path] = await statements.all_of(answer, status=None)

    assert len(reads) > 15
    assert {path: taken for path, taken in found.items() if len(taken) > ACCESS + 1} == {}


@pytest.mark.parametrize("path", QUERIES)
async def test_a_read_takes_one_statement_whatever_it_asks_for(admin, shop, statements, path):
    taken = await statements.of(admin.get(shop.path(path)))

    assert len(taken) == 1, taken


async def test_who_calls_is_asked_in_one_statement(admin, statements):
    taken = await statements.all_of(admin.get("/admin/none"), status=404)

    assert len(taken) == ACCESS, taken


NUMBERS = count()
BATCH = "/admin/products/{products}/variants/batch"
LINKS = "/admin/products/{products}/variants/inventory-items/batch"


def new_variants(shop, size):
    mark = next(NUMBERS)
    start = 222 + SLICES[size].start
    bodies = variants(grid(400), 400)[start : start + size]
    return [{**body, "sku": f"NEW-{mark}-{body['title']}"} for body in bodies]


def create_variants(shop, size):
    return BATCH, {"create": new_variants(shop, size)}


def create_kits_with_rules(shop, size):
    links = [{"inventory_item_id": item, "required_quantity": 2} for item in shop.items[:2]]
    rules = [{"currency_code": "usd", "amount": 1, "rules": {"season": "winter"}}]
    more = {"prices": rules, "inventory_items": links}
    return BATCH, {"create": [{**body, **more} for body in new_variants(shop, size)]}


def rename_variants(shop, size):
    return BATCH, {"update": [{"id": given, "title": "New"} for given in old_variants(shop, size)]}


def change_prices(shop, size):
    wanted = prices(usd=3, dkk=4)
    return BATCH, {"update": [{"id": v, "prices": wanted} for v in old_variants(shop, size)]}


def change_skus(shop, size):
    return BATCH, {"update": [{"id": v, "sku": f"{v}-new"} for v in old_variants(shop, size)]}


def stop_managing_stock(shop, size):
    ids = old_variants(shop, size)
    return BATCH, {"update": [{"id": given, "manage_inventory": False} for given in ids]}


def delete_variants(shop, size):
    return BATCH, {"delete": old_variants(shop, size)}


def do_all_at_once(shop, size):
    gone = old_variants(shop, size)
    update = [{"id": given, "prices": prices(usd=7)} for given in shop.kept[SLICES[size]]]
    return BATCH, {"delete": gone, "update": update, "create": new_variants(shop, size)}


def link_items(shop, size):
    return LINKS, {"create": pairs(shop, size, required_quantity=2)}


def change_quantities(shop, size):
    given = [{**pair, "required_quantity": 3} for pair in shop.links[SLICES[size]]]
    return LINKS, {"update": given}


def unlink_items(shop, size):
    return LINKS, {"delete": pairs(shop, size)}


def create_product(shop, size):
    options = [{"title": name, "values": values} for name, values in grid(400).items()]
    body = {"title": f"Shirt {size}", "options": options, "variants": new_variants(shop, size)}
    return "/admin/products", body


def offer_products(shop, size):
    return "/admin/sales-channels/{sales-channels}/products", {"add": shop.products[SLICES[size]]}


def stock_items(shop, size):
    place = {"location_id": shop.ids["second location"], "stocked_quantity": 1}
    levels = [{"inventory_item_id": item, **place} for item in shop.items[SLICES[size]]]
    return "/admin/inventory-items/location-levels/batch", {"create": levels}


def old_variants(shop, size):
    return shop.variants[SLICES[size]]


def pairs(shop, size, **more):
    found = zip(old_variants(shop, size), shop.items[SLICES[size]], strict=True)
    return [{"variant_id": given, "inventory_item_id": item, **more} for given, item in found]


@pytest.mark.parametrize(
    ("request_of", "number"),
    [
        (create_variants, 4),
        (create_kits_with_rules, 5),
        (rename_variants, 3),
        (change_prices, 4),
        (change_skus, 5),
        (stop_managing_stock, 5),
        (delete_variants, 4),
        (do_all_at_once, 10),
        (link_items, 1),
        (change_quantities, 1),
        (unlink_items, 1),
        (create_product, 6),
        (offer_products, 5),
        (stock_items, 5),
    ],
)
async def test_a_write_takes_as_many_statements_whatever_its_size(
    admin, shop, statements, request_of, number
):
    found = {}
    for size in SIZES:
        path, body = request_of(shop, size)
        found[size] = await statements.of(admin.post(shop.path(path), json=body))

    counts = {size: len(taken) for size, taken in found.items()}
    assert counts == dict.fromkeys(SIZES, number), found


async def test_a_product_with_many_variants_is_deleted_in_as_many_statements(admin, tx, statements):
    found = []
    for size in SIZES:
        bodies = [{**body, "sku": None} for body in variants(grid(100), size)]
        product = await make_product(tx, f"Shirt {size}", options=grid(100), variants=bodies)
        found.append(await statements.of(admin.delete(f"/admin/products/{product.id}")))

    assert [len(taken) for taken in found] == [6] * 3, found
