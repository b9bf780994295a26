"""Every read of a storefront takes one statement, of a row that is there."""

import asyncio
import json
import re
from itertools import pairwise
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.api_document import written
from tests.factories.catalogue import make_collection, make_tag, make_type
from tests.factories.categories import make_category
from tests.factories.customers import make_address, make_buyer
from tests.factories.orders import make_order
from tests.factories.products import make_product, prices, variant
from tests.factories.shop import Shop, make_paid_cart, make_shop
from tests.factories.taxes import make_row
from tests.statements import Statements

Ids = dict[str, str]
# Shipping options are matched with the cart's goods and address; promotions with its facts.
SEVERAL = {
    "/store/carts/{cart_id}/promotions/explain": 2,
    "/store/shipping-options": 2,
}
QUERIES = {
    "/store/products": "region_id={regions}",
    "/store/products/{id}": "region_id={regions}",
    "/store/product-variants": "region_id={regions}",
    "/store/payment-providers": "region_id={regions}",
    "/store/shipping-options": "cart_id={carts}",
}
# What is shown of products and variants at the most, and what costs most to read.
WIDE = {
    "/store/products": "*variants.calculated_price,+variants.inventory_quantity,*categories",
    "/store/products/{id}": "*variants.calculated_price,+variants.inventory_quantity,*categories",
    "/store/product-variants": "*calculated_price,+inventory_quantity,*product",
    "/store/product-categories": "*category_children,*parent_category,*products",
    "/store/collections": "*products",
    "/store/orders/{id}": "*items,*shipping_methods,*payment_collections,*fulfillments",
    "/store/carts/{cart_id}": "*items,*promotions,*payment_collection,*region.countries",
}


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    return await make_shop(tx)


@pytest.fixture
async def shopper(
    tx: Transaction, client: httpx.AsyncClient, shop: Shop, settings: Settings
) -> httpx.AsyncClient:
    """A customer with an account, in the shop's channel."""
    buyer = await make_buyer(tx)
    client.headers.update(buyer.headers(settings) | shop.headers)
    client.headers["x-test-customer"] = buyer.id
    return client


@pytest.fixture
async def ids(tx: Transaction, shopper: httpx.AsyncClient, shop: Shop) -> Ids:
    """The id of something of every kind, by the part of a path before it."""
    groups = {
        "collection_id": await make_collection(tx, "Summer"),
        "type_id": await make_type(tx, "Shirt"),
    }
    category, tag = await make_category(tx, "Top", is_active=True), await make_tag(tx, "new")
    made = await make_product(
        tx,
        status="published",
        sales_channels=[{"id": shop.channel_id}],
        shipping_profile_id=shop.profile_id,
        categories=[{"id": category}],
        tags=[{"id": tag}],
        variants=[variant(manage_inventory=False, prices=prices(eur=9))],
        **groups,
    )
    shop.goods["Shirt"] = made.variant_ids[0]
    cart = await make_paid_cart(shopper, shop, ("Shirt", 1))
    customer = shopper.headers.pop("x-test-customer")
    order = await make_order(tx, customer_id=customer, region_id=shop.region_id)
    return {
        "products": made.id,
        "product-variants": made.variant_ids[0],
        "product-categories": category,
        "collections": groups["collection_id"],
        "product-tags": tag,
        "product-types": groups["type_id"],
        "product-options": await tx.fetchval("SELECT id FROM product_option"),
        "orders": order.id,
        "carts": cart["id"],
        "addresses": await make_address(tx, customer),
        "currencies": "eur",
        "regions": shop.region_id,
        "return-reasons": await make_row(tx, "return_reason", "rr", value="small", label="Small"),
    }


def addressed(path: str, ids: Ids) -> str:
    """The path of something that is there."""
    parts = pairwise(["", *path.split("/")])
    return "/".join(ids[before] if part.startswith("{") else part for before, part in parts)


def own(texts: list[str]) -> list[str]:
    """The statements but those that look up only the storefront's key or who calls."""
    return [
        text
        for text in texts
        if "auth_identity" not in text and ("api_key" not in text or "page.*" in text)
    ]


def asked_for(path: str, operation: dict[str, Any], width: str) -> str | None:
    """The `fields` of a width; "" for an operation's own, None if a path is not read so."""
    if width == "wide":
        return WIDE.get(path)
    narrow = "code" if "currencies" in path else "id"
    takes_fields = re.search(r'Fields\d*"', json.dumps(operation.get("parameters", ())))
    return narrow if width == "narrow" and takes_fields else ""


@pytest.mark.parametrize(("width", "paths"), [("own", 30), ("narrow", 30), ("wide", len(WIDE))])
async def test_every_read_of_a_storefront_takes_one_statement(
    shopper: httpx.AsyncClient, ids: Ids, statements: Statements, width: str, paths: int
) -> None:
    # The setup's last statement is logged in the next iteration of the event loop.
    await asyncio.sleep(0)
    found = dict[str, int]()
    for path, methods in written()["paths"].items():
        if not path.startswith("/store/") or "get" not in methods:
            continue
        fields = asked_for(path, methods["get"], width)
        if fields is not None:
            query = QUERIES.get(path, "").format_map(ids) + (f"&fields={fields}" if fields else "")
            read = shopper.get(f"{addressed(path, ids)}?{query}")
            found[path] = len(own(await statements.all_of(read)))

    assert len(found) == paths
    several = {path: count for path, count in SEVERAL.items() if path in found}
    assert {path: count for path, count in found.items() if count != 1} == several
