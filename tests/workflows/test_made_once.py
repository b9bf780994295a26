"""Requests that create something a row may have only once, sent twice: it exists once.

The first answer must be a success. The second may refuse; no row may be there twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.customers import make_buyer
from tests.factories.keys import make_key
from tests.factories.products import item_of
from tests.factories.shop import Shop, make_cart, make_goods, make_shop

Body = dict[str, Any]


@dataclass
class Filled:
    """A shop with one of each thing."""

    shop: Shop
    ids: dict[str, str]
    storefront: dict[str, str]


@pytest.fixture
async def filled(tx: Transaction, admin: httpx.AsyncClient, client: httpx.AsyncClient) -> Filled:
    shop = await make_shop(tx)
    product = await make_goods(tx, shop, "Shirt", 20)
    [variant] = product.variant_ids
    cart = await make_cart(client, shop, ("Shirt", 1))
    ids = {"cart": cart["id"], "product": product.id, "variant": variant, "item": ""}
    ids["item"] = await item_of(tx, variant)
    ids["customer"] = (await make_buyer(tx)).id
    ids["key"], _ = await make_key(tx)
    made: dict[str, Body] = {
        "collections": {"title": "Summer"},
        "customer-groups": {"name": "Good"},
        "product-tags": {"value": "new"},
        "promotions": {
            "code": "TEN",
            "type": "standard",
            "status": "active",
            "application_method": {
                "type": "fixed",
                "target_type": "order",
                "value": 1,
                "currency_code": "eur",
            },
        },
        "price-lists": {"title": "Sale", "description": "d", "prices": []},
    }
    for path, body in made.items():
        [row] = good(await admin.post(f"/admin/{path}", json=body)).values()
        ids[path] = row["id"]
    good(
        await client.post(
            "/store/payment-collections", json={"cart_id": cart["id"]}, headers=shop.headers
        )
    )
    query = "SELECT payment_collection_id FROM cart_payment_collection WHERE cart_id = $1"
    ids["paying"] = await tx.fetchval(query, cart["id"])
    ids["store"] = await tx.fetchval("SELECT id FROM store")
    return Filled(shop, ids, shop.headers)


PRICE = {"currency_code": "eur", "amount": 7}
# What is asked twice: the path, the body, and the table that may have one row more by the first.
CASES: dict[str, tuple[str, Callable[[Filled], Body], str]] = {
    "address of a location": (
        "/admin/stock-locations/{location}",
        lambda f: {"address": {"address_1": "Street 1", "country_code": "de"}},
        "stock_location_address",
    ),
    "set of a location": (
        "/admin/stock-locations/{location}/fulfillment-sets",
        lambda f: {"name": "Pickup", "type": "pickup"},
        "fulfillment_set",
    ),
    "channel of a location": (
        "/admin/stock-locations/{location}/sales-channels",
        lambda f: {"add": [f.shop.channel_id]},
        "sales_channel_stock_location",
    ),
    "provider of a location": (
        "/admin/stock-locations/{location}/fulfillment-providers",
        lambda f: {"add": ["manual_manual"]},
        "location_fulfillment_provider",
    ),
    "channel of a key": (
        "/admin/api-keys/{key}/sales-channels",
        lambda f: {"add": [f.shop.channel_id]},
        "publishable_api_key_sales_channel",
    ),
    "product of a channel": (
        "/admin/sales-channels/{channel}/products",
        lambda f: {"add": [f.ids["product"]]},
        "product_sales_channel",
    ),
    "customer of a group": (
        "/admin/customer-groups/{customer-groups}/customers",
        lambda f: {"add": [f.ids["customer"]]},
        "customer_group_customer",
    ),
    "tag and image of a product": (
        "/admin/products/{product}",
        lambda f: {
            "tags": [{"id": f.ids["product-tags"]}],
            "images": [{"url": "https://x.test/a"}],
        },
        "image",
    ),
    "item of a variant": (
        "/admin/products/{product}/variants/{variant}/inventory-items",
        lambda f: {"inventory_item_id": f.ids["item"], "required_quantity": 2},
        "product_variant_inventory_item",
    ),
    "item of a variant that manages stock": (
        "/admin/products/{product}/variants/{variant}",
        lambda f: {"manage_inventory": True},
        "product_variant_inventory_item",
    ),
    "level of an item": (
        "/admin/inventory-items/{item}/location-levels/batch",
        lambda f: {"create": [{"location_id": f.shop.location_id}]},
        "inventory_level",
    ),
    "price of a variant": (
        "/admin/products/{product}/variants/{variant}",
        lambda f: {"prices": [PRICE]},
        "price",
    ),
    "price of a list": (
        "/admin/price-lists/{price-lists}/prices/batch",
        lambda f: {"create": [{"variant_id": f.ids["variant"], **PRICE}]},
        "price",
    ),
    "price of a shipping option": (
        "/admin/shipping-options/{option}",
        lambda f: {"prices": [PRICE]},
        "price",
    ),
    "currency of a store": (
        "/admin/stores/{store}",
        lambda f: {"supported_currencies": [{"currency_code": "eur", "is_default": True}]},
        "store_currency",
    ),
    "payment provider of a region": (
        "/admin/regions/{region}",
        lambda f: {"payment_providers": ["pp_system_default"]},
        "region_payment_provider",
    ),
    "preference of a currency": (
        "/admin/price-preferences",
        lambda f: {"attribute": "currency_code", "value": "sek"},
        "price_preference",
    ),
    "guest of a cart": (
        "/store/carts/{cart}",
        lambda f: {"email": "guest@home.test"},
        "customer",
    ),
    "shipping of a cart": (
        "/store/carts/{cart}/shipping-methods",
        lambda f: {"option_id": f.shop.option_id},
        "cart_shipping_method",
    ),
    "promotion of a cart": (
        "/store/carts/{cart}/promotions",
        lambda f: {"promo_codes": ["TEN"]},
        "cart_promotion",
    ),
    "payment collection of a cart": (
        "/store/payment-collections",
        lambda f: {"cart_id": f.ids["cart"]},
        "payment_collection",
    ),
    "session of a payment collection": (
        "/store/payment-collections/{paying}/payment-sessions",
        lambda f: {"provider_id": "pp_system_default"},
        "payment_session",
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_it_is_there_once(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, tx: Transaction, filled: Filled, case: str
) -> None:
    path, body, table = CASES[case]
    shop = filled.shop
    own = {
        "location": shop.location_id,
        "channel": shop.channel_id,
        "option": shop.option_id,
        "region": shop.region_id,
    }
    url, asked = path.format(**filled.ids, **own), body(filled)
    caller, headers = (client, filled.storefront) if url.startswith("/store") else (admin, {})

    first = await caller.post(url, json=asked, headers=headers)
    once = await live(tx, table)
    second = await caller.post(url, json=asked, headers=headers)

    assert first.status_code == 200 or "level" in case or "payment" in case, first.text
    assert second.status_code < 500, second.text
    assert await live(tx, table) == once


async def live(tx: Transaction, table: str) -> int:
    """The rows that are not deleted."""
    query = "SELECT count(*) FROM {} r WHERE to_jsonb(r)->>'deleted_at' IS NULL"
    return await tx.fetchval(query.format(table))
