"""The plans of hot statements use indexes: with statistics, without, and made on empty tables.

A plan is made once per connection and kept (core/database.py), so it must also be a good one when
the tables had no rows or no statistics yet, as in the first minute of an import.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from merx.core.database import Database, Transaction
from tests.factories.people import make_person
from tests.factories.products import prices, variant
from tests.fixtures import OneTransaction, requests_to
from tests.speed.shelves import FILL, prepare_explain, weaknesses
from tests.statements import noted

PRODUCT = "/admin/products/prod_7"
BATCH = f"{PRODUCT}/variants/batch"
IDS = ["variant_19", "variant_20"]
PART = {"inventory_item_id": "iitem_40", "required_quantity": 1}
LINK = {"variant_id": "variant_19", "inventory_item_id": "iitem_40"}
LIST = "/admin/price-lists/plist_7"
LISTED = {"variant_id": "variant_19", "currency_code": "usd", "amount": 2}
ITEM = "/admin/inventory-items/iitem_40"
PLACE = {"inventory_item_id": "iitem_40", "location_id": "sloc_1"}

REQUESTS = {
    "get a product": ("GET", PRODUCT, None),
    "get a variant": ("GET", f"{PRODUCT}/variants/variant_19", None),
    "get a variant with its stock": (
        "GET",
        f"{PRODUCT}/variants/variant_19?fields=*inventory_items.inventory.location_levels",
        None,
    ),
    "get quantities and calculated prices": (
        "GET",
        f"{PRODUCT}?fields=variants.inventory_quantity,variants.calculated_price.*"
        "&currency_code=usd",
        None,
    ),
    "get prices of a customer": (
        "GET",
        f"{PRODUCT}?fields=variants.calculated_price&region_id=reg&customer_id=cus_7"
        "&country_code=is&province=1&context[tier]=gold",
        None,
    ),
    "explain a price": (
        "GET",
        f"{PRODUCT}/variants/variant_19/price-explanation?region_id=reg&customer_id=cus_7",
        None,
    ),
    "list prices of a list": ("GET", f"{LIST}/prices", None),
    "change prices of a list": (
        "POST",
        f"{LIST}/prices/batch",
        {
            "create": [{**LISTED, "rules": {"season": "winter"}}],
            "update": [{"id": "price_l6", **LISTED, "rules": {}}],
            "delete": ["price_l606"],
        },
    ),
    "take products out of a list": ("POST", f"{LIST}/products", {"remove": ["prod_1", "prod_7"]}),
    "delete a list": ("DELETE", LIST, None),
    "get an inventory item": ("GET", "/admin/inventory-items/iitem_40", None),
    "list products by id": ("GET", "/admin/products?id[]=prod_7&id[]=prod_8", None),
    "list products by handle": ("GET", "/admin/products?handle=shirt-7", None),
    "list products of a category": ("GET", "/admin/products?category_id=pcat_1", None),
    "list products by tag and channel": (
        "GET",
        "/admin/products?tag_id=ptag_1&sales_channel_id=sc_1",
        None,
    ),
    "list products by sku": ("GET", "/admin/products?variants[sku]=SKU-19", None),
    "list products by option value": ("GET", "/admin/products?option_value_id=optval_1", None),
    "list variants by id": ("GET", "/admin/product-variants?id[]=variant_19", None),
    "list variants by sku": ("GET", "/admin/product-variants?sku=SKU-19", None),
    "list variants of a product": ("GET", f"{PRODUCT}/variants", None),
    "list inventory items by sku": ("GET", "/admin/inventory-items?sku=SKU-19", None),
    "list levels of an item": ("GET", "/admin/inventory-items/iitem_40/location-levels", None),
    "create variants": (
        "POST",
        BATCH,
        {
            "create": [
                variant(sku="NEW", prices=prices(usd=1)),
                variant(inventory_items=[PART]),
            ]
        },
    ),
    "explain which sku is taken": ("POST", BATCH, {"create": [variant(sku="SKU-40")]}),
    "explain which stock sku is taken": ("POST", BATCH, {"create": [variant(sku="STOCK")]}),
    "update variants": (
        "POST",
        BATCH,
        {
            "update": [
                {"id": given, "title": "New", "sku": f"{given}-new", "prices": prices(usd=2, eur=3)}
                for given in IDS
            ]
        },
    ),
    "delete variants": ("POST", BATCH, {"delete": IDS}),
    "change links": (
        "POST",
        f"{PRODUCT}/variants/inventory-items/batch",
        {
            "create": [{**LINK, "required_quantity": 2}],
            "update": [{**LINK, "inventory_item_id": "iitem_19", "required_quantity": 2}],
            "delete": [{**LINK, "inventory_item_id": "iitem_20"}],
        },
    ),
    "delete a product": ("DELETE", PRODUCT, None),
    "delete an inventory item": ("DELETE", "/admin/inventory-items/iitem_40", None),
    "set a level": ("POST", f"{ITEM}/location-levels/sloc_1", {"stocked_quantity": 5}),
    "change levels": (
        "POST",
        "/admin/inventory-items/location-levels/batch",
        {
            "delete": ["ilev_1", "ilev_2"],
            "update": [{**PLACE, "stocked_quantity": 2}],
            "adjustments": [{**PLACE, "delta": 2}],
        },
    ),
    "reserve": ("POST", "/admin/reservations", {**PLACE, "quantity": 0}),
    "change a reservation": (
        "POST",
        "/admin/reservations/resitem_7",
        {"quantity": 1, "inventory_item_id": "iitem_40", "allow_backorder": True},
    ),
    "release": ("DELETE", "/admin/reservations/resitem_40", None),
    "list reservations of an item": (
        "GET",
        "/admin/reservations?inventory_item_id=iitem_40",
        None,
    ),
    "list movements of an item": ("GET", f"{ITEM}/movements", None),
    "create a product": (
        "POST",
        "/admin/products",
        {
            "title": "Hat",
            "options": [{"title": "Size", "values": ["S"]}],
            "variants": [variant(options={"Size": "S"})],
            "sales_channels": [{"id": "sc_1"}],
        },
    ),
    "list customers by e-mail": ("GET", "/admin/customers?email=c7@shop.test", None),
    "get a customer with all": (
        "GET",
        "/admin/customers/cus_7?fields=*addresses,*groups,default_shipping_address_id",
        None,
    ),
    "list addresses of a customer": ("GET", "/admin/customers/cus_7/addresses", None),
    "add a default address": (
        "POST",
        "/admin/customers/cus_7/addresses",
        {"is_default_shipping": True},
    ),
    "change groups of a customer": (
        "POST",
        "/admin/customers/cus_7/customer-groups",
        {"add": ["cusgroup_40", "cusgroup_41"], "remove": ["cusgroup_3"]},
    ),
    "merge guests": (
        "POST",
        "/admin/customers/cus_7/merge",
        {"customer_ids": ["cus_40", "cus_41"]},
    ),
    "delete a customer": ("DELETE", "/admin/customers/cus_50", None),
    "change a product": ("POST", PRODUCT, {"title": "New", "sales_channels": [{"id": "sc_1"}]}),
}

STATES = ("empty", "filled", "analysed")
# 4 is PostgreSQL's default, 1.1 what Merx sets for its embedded one.
RANDOM_PAGE_COSTS = ("4", "1.1")


@asynccontextmanager
async def connected(cluster) -> AsyncIterator[Transaction]:
    """A connection to a database of its own."""
    async with cluster.database() as url:
        database = Database(url, pool_size=1)
        await database.open()
        async with database.read() as connection:
            await prepare_explain(connection)
            yield connection
        await database.close()


@pytest.fixture(scope="module")
async def shelves(cluster):
    """A connection to full tables; they have no statistics until a test takes them."""
    async with connected(cluster) as connection:
        await connection.execute(FILL)
        yield connection


@pytest.fixture(scope="module")
async def statements_of(shelves, worker_app, settings):
    """The statements of each request, as the app sends them."""
    found = {}
    own = worker_app.state.database
    for name, (method, path, body) in REQUESTS.items():
        undone = shelves.transaction()
        await undone.start()
        worker_app.state.database = OneTransaction(shelves)
        person = await make_person(shelves)
        await shelves.execute("INSERT INTO inventory_item (id, sku) VALUES ('iitem_0', 'STOCK')")
        async with requests_to(worker_app) as client:
            client.headers.update(person.bearer(settings))
            with noted(worker_app) as statements:
                request = client.request(method, path, json=body)
                found[name] = await statements.of(request, status=None)
        await undone.rollback()
    worker_app.state.database = own
    return found


@pytest.fixture(scope="module")
async def weaknesses_of(cluster, shelves, statements_of):
    """What is weak in the plans of each request, by what the planner knows of the tables."""

    async def look_at(connection):
        return {name: await look(connection, texts) for name, texts in statements_of.items()}

    async def look(connection, texts):
        found = []
        for cost in RANDOM_PAGE_COSTS:
            await connection.execute(f"SET random_page_cost = {cost}")
            for text in texts:
                weak = await weaknesses(connection, text)
                found.extend(f"{words} (random_page_cost {cost}): {text[:60]}" for words in weak)
        return found

    async with connected(cluster) as connection:
        empty = await look_at(connection)
    filled = await look_at(shelves)
    await shelves.execute("ANALYZE")
    return {"empty": empty, "filled": filled, "analysed": await look_at(shelves)}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", REQUESTS)
def test_every_statement_uses_indexes(statements_of, weaknesses_of, name, state):
    assert statements_of[name]
    assert weaknesses_of[state][name] == []


@pytest.mark.parametrize(
    ("statement", "weakness"),
    [
        ("SELECT id FROM product_variant WHERE title = $1", "Seq Scan on product_variant"),
        (
            "SELECT sku FROM product_variant"
            " WHERE deleted_at IS NULL AND sku IS NOT NULL ORDER BY sku",
            "Index Only Scan on product_variant using uq_product_variant_sku as a whole: ",
        ),
        (
            "SELECT id FROM product_variant WHERE product_id = $1 AND title = ANY($2)",
            "Index Scan on product_variant, Filter: (title = ANY ($2))",
        ),
        (
            "WITH a AS MATERIALIZED (SELECT * FROM unnest($1::text[]) AS given(id)), "
            "b AS MATERIALIZED (SELECT * FROM unnest($2::text[]) AS given(id)) "
            "SELECT FROM a WHERE NOT EXISTS (SELECT FROM b WHERE b.id = a.id)",
            "Nested Loop, each row with each: (b.id = a.id)",
        ),
    ],
    ids=["no index", "whole index", "each with each", "each given row with each"],
)
async def test_a_weak_plan_is_noticed(shelves, weaknesses_of, statement, weakness):
    assert weakness in await weaknesses(shelves, statement)
