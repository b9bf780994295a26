"""Writes of prices and stock change the rows they are about and no others, and tell every event.

There are two of everything, so a condition that is lost or reversed reaches the other half.
"""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.factories.twins import Twin, Write, changes, expected


def usd(amount: int, **more: Any) -> dict[str, Any]:
    return {"currency_code": "usd", "amount": amount, **more}


def listed(t: Twin, place: int, **more: Any) -> dict[str, Any]:
    return {"id": t.listed[place], "variant_id": t.variants[place // 2], **more}


PRICES: dict[str, Write] = {
    "a list's title": Write(
        lambda t: f"price-lists/{t.price_list}",
        lambda t: {"title": "New"},
        {"price_list": "1 changed"},
        {"price-list.updated": 1},
    ),
    "a list's rules": Write(
        lambda t: f"price-lists/{t.price_list}",
        lambda t: {"rules": {"region_id": [t.region]}},
        {"price_list": "1 changed", "price_list_rule": "1 new, 2 gone"},
        {"price-list.updated": 1},
    ),
    "a list": Write(
        lambda t: f"price-lists/{t.price_list}",
        None,
        {
            "price": "4 gone",
            "price_list": "1 gone",
            "price_list_rule": "2 gone",
            "price_rule": "2 gone",
        },
        {"price-list.deleted": 1},
    ),
    "a list's prices of a product": Write(
        lambda t: f"price-lists/{t.price_list}/products",
        lambda t: {"remove": [t.product.id]},
        {"price": "4 gone", "price_rule": "2 gone"},
        {"price-list.updated": 1, "price.deleted": 4},
    ),
    "new prices of a list": Write(
        lambda t: f"price-lists/{t.price_list}/prices/batch",
        lambda t: {"create": [usd(5, variant_id=t.variants[0], min_quantity=10)]},
        {"price": "1 new"},
        {"price.created": 1},
    ),
    "an amount in a list": Write(
        lambda t: f"price-lists/{t.price_list}/prices/batch",
        lambda t: {"update": [listed(t, 1, amount=4)]},
        {"price": "1 changed"},
        {"price.updated": 1},
    ),
    "a rule in a list": Write(
        lambda t: f"price-lists/{t.price_list}/prices/batch",
        lambda t: {"update": [listed(t, 1, rules={"customer_id": t.customer})]},
        {"price": "1 changed", "price_rule": "1 new, 1 gone"},
        {"price.updated": 1},
    ),
    "a price of a list": Write(
        lambda t: f"price-lists/{t.price_list}/prices/batch",
        lambda t: {"delete": [t.listed[1]]},
        {"price": "1 gone", "price_rule": "1 gone"},
        {"price.deleted": 1},
    ),
    "a new list": Write(
        lambda t: "price-lists",
        lambda t: {
            "title": "Spring",
            "description": "",
            "rules": {"region_id": [t.region]},
            "prices": [usd(5, variant_id=t.variants[0], rules={"region_id": t.region})],
        },
        {
            "price": "1 new",
            "price_list": "1 new",
            "price_list_rule": "1 new",
            "price_rule": "1 new",
        },
        {"price-list.created": 1, "price.created": 1},
    ),
    "prices of a variant": Write(
        lambda t: f"products/{t.product.id}/variants/{t.variants[0]}",
        lambda t: {"prices": [usd(10), usd(6, rules={"region_id": t.region})]},
        {"price": "1 changed, 1 gone"},
        {"product-variant.updated": 1},
    ),
    "a preference": Write(
        lambda t: f"price-preferences/{t.preference}",
        lambda t: {"is_tax_inclusive": True},
        {"price_preference": "1 changed"},
        {"price-preference.updated": 1},
    ),
    "a preference that goes": Write(
        lambda t: f"price-preferences/{t.preference}",
        None,
        {"price_preference": "1 gone"},
        {"price-preference.deleted": 1},
    ),
    "a region": Write(
        lambda t: f"regions/{t.region}",
        lambda t: {"name": "New", "countries": ["se", "no"]},
        {"country": "3 new, 3 gone", "region": "1 changed"},
        {"region.updated": 1},
    ),
    "whether a region's prices are with tax": Write(
        lambda t: f"regions/{t.region}",
        lambda t: {"is_tax_inclusive": True},
        {"price_preference": "1 changed"},
        {"region.updated": 1},
    ),
    "a region that goes": Write(
        lambda t: f"regions/{t.region}",
        None,
        {"country": "1 new, 1 gone", "price_preference": "1 gone", "region": "1 gone"},
        {"region.deleted": 1},
    ),
    "a new region": Write(
        lambda t: "regions",
        lambda t: {"name": "North", "currency_code": "eur", "countries": ["fi"]},
        {"country": "1 new, 1 gone", "price_preference": "1 new", "region": "1 new"},
        {"region.created": 1},
    ),
}
STOCK: dict[str, Write] = {
    "an item's words": Write(
        lambda t: f"inventory-items/{t.items[0]}",
        lambda t: {"sku": "NEW"},
        {"inventory_item": "1 changed"},
        {"inventory-item.updated": 1},
    ),
    "a new item": Write(
        lambda t: "inventory-items",
        lambda t: {
            "sku": "NEW",
            "location_levels": [{"location_id": t.location, "stocked_quantity": 5}],
        },
        {"inventory_item": "1 new", "inventory_level": "1 new", "inventory_movement": "1 new"},
        {"inventory-item.created": 1, "inventory-level.created": 1},
    ),
    "an item that goes": Write(
        lambda t: f"inventory-items/{t.items[1]}",
        None,
        {"inventory_item": "1 gone", "product_variant_inventory_item": "1 gone"},
        {"inventory-item.deleted": 1},
    ),
    "a new level": Write(
        lambda t: f"inventory-items/{t.items[1]}/location-levels",
        lambda t: {"location_id": t.location, "stocked_quantity": 5},
        {"inventory_level": "1 new", "inventory_movement": "1 new"},
        {"inventory-level.created": 1},
    ),
    "a level's quantity": Write(
        lambda t: f"inventory-items/{t.items[0]}/location-levels/{t.location}",
        lambda t: {"stocked_quantity": 7},
        {"inventory_level": "1 changed", "inventory_movement": "1 new"},
        {"inventory-level.updated": 1},
    ),
    "a level's expected quantity": Write(
        lambda t: f"inventory-items/{t.items[0]}/location-levels/{t.location}",
        lambda t: {"incoming_quantity": 7},
        {"inventory_level": "1 changed", "inventory_movement": "1 new"},
        {"inventory-level.updated": 1},
    ),
    "levels of a batch": Write(
        lambda t: "inventory-items/location-levels/batch",
        lambda t: {
            "update": [
                {
                    "inventory_item_id": t.items[0],
                    "location_id": t.location,
                    "stocked_quantity": 20,
                }
            ],
            "create": [{"inventory_item_id": t.items[1], "location_id": t.location}],
        },
        {"inventory_level": "1 new, 1 changed", "inventory_movement": "1 new"},
        {"inventory-level.created": 1, "inventory-level.updated": 1},
    ),
    "a new reservation": Write(
        lambda t: "reservations",
        lambda t: {"inventory_item_id": t.spare_item, "location_id": t.location, "quantity": 1},
        {
            "inventory_level": "1 changed",
            "inventory_movement": "1 new",
            "reservation_item": "1 new",
        },
        {"reservation-item.created": 1},
    ),
    "a reservation's quantity": Write(
        lambda t: f"reservations/{t.reservation}",
        lambda t: {"quantity": 3},
        {
            "inventory_level": "1 changed",
            "inventory_movement": "1 new",
            "reservation_item": "1 changed",
        },
        {"reservation-item.updated": 1},
    ),
    "a reservation's words": Write(
        lambda t: f"reservations/{t.reservation}",
        lambda t: {"description": "For Ann"},
        {"reservation_item": "1 changed"},
        {"reservation-item.updated": 1},
    ),
    "a reservation that goes": Write(
        lambda t: f"reservations/{t.reservation}",
        None,
        {
            "inventory_level": "1 changed",
            "inventory_movement": "1 new",
            "reservation_item": "1 gone",
        },
        {"reservation-item.deleted": 1},
    ),
    "a location's words": Write(
        lambda t: f"stock-locations/{t.location}",
        lambda t: {"name": "New", "address": {"address_1": "Way 1", "country_code": "dk"}},
        {"stock_location": "1 changed", "stock_location_address": "1 new"},
        {"stock-location.updated": 1},
    ),
    "a location's channels": Write(
        lambda t: f"stock-locations/{t.location}/sales-channels",
        lambda t: {"remove": [t.channel]},
        {"sales_channel_stock_location": "1 gone"},
        {"stock-location.updated": 1},
    ),
    "a location's providers": Write(
        lambda t: f"stock-locations/{t.location}/fulfillment-providers",
        lambda t: {"remove": ["manual_manual"]},
        {"location_fulfillment_provider": "1 gone"},
        {"stock-location.updated": 1},
    ),
}


@pytest.mark.parametrize("writes", [PRICES, STOCK], ids=["prices", "stock"])
async def test_a_write_changes_what_it_is_about(
    admin: httpx.AsyncClient, tx: Transaction, writes: dict[str, Write]
) -> None:
    assert await changes(admin, tx, writes) == expected(writes)
