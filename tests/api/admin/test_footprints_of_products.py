"""Writes of products and people change the rows they are about and no others, and tell every event.

There are two of everything, so a condition that is lost or reversed reaches the other half.
"""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.factories.twins import Twin, Write, changes, expected


def usd(amount: int, **more: Any) -> dict[str, Any]:
    return {"currency_code": "usd", "amount": amount, **more}


def linked(t: Twin, place: int, item: str, **more: Any) -> dict[str, Any]:
    return {"variant_id": t.variants[place], "inventory_item_id": item, **more}


OPTIONS: dict[str, Write] = {
    "an option's title": Write(
        lambda t: f"product-options/{t.option}",
        lambda t: {"title": "New"},
        {"product_option": "1 changed"},
        {"product-option.updated": 1},
    ),
    "an option's values": Write(
        lambda t: f"product-options/{t.unused}",
        lambda t: {"values": ["Round", "Oval", "Flat"]},
        {"product_option_value": "2 new, 1 gone"},
        {"product-option.updated": 1},
    ),
    "an option's ranks": Write(
        lambda t: f"product-options/{t.option}",
        lambda t: {"ranks": {"S": 2, "M": 1}},
        {"product_option_value": "2 changed"},
        {"product-option.updated": 1},
    ),
    "an option that goes": Write(
        lambda t: f"product-options/{t.unused}",
        None,
        {"product_option": "1 gone", "product_option_value": "2 gone"},
        {"product-option.deleted": 1},
    ),
    "a value": Write(
        lambda t: f"product-options/{t.option}/values/{t.option_values[0]}",
        lambda t: {"value": "XS"},
        {"product_option_value": "1 changed"},
        {"product-option-value.updated": 1},
    ),
    "a value that goes": Write(
        lambda t: f"product-options/{t.unused}/values/{t.unused_values[0]}",
        None,
        {"product_option_value": "1 gone"},
        {"product-option-value.deleted": 1, "product-option.updated": 1},
    ),
    "a product's options": Write(
        lambda t: f"products/{t.product.id}/options/batch",
        lambda t: {"update": [{"product_option_id": t.option, "remove": [t.option_values[2]]}]},
        {"product_product_option_value": "1 gone"},
        {"product.updated": 1},
    ),
    "a value that a product adds": Write(
        lambda t: f"products/{t.product.id}/options/batch",
        lambda t: {"update": [{"product_option_id": t.option, "add": [{"value": "XL"}]}]},
        {"product_option_value": "1 new", "product_product_option_value": "1 new"},
        {"product.updated": 1},
    ),
    "an option that a product adds": Write(
        lambda t: f"products/{t.product.id}/options/batch",
        lambda t: {"add": [{"id": t.unused, "value_ids": t.unused_values[:1]}]},
        {"product_product_option": "1 new", "product_product_option_value": "1 new"},
        {"product.updated": 1},
    ),
    "generated variants": Write(
        lambda t: f"products/{t.product.id}/variants/generate",
        lambda t: {"prices": [usd(10)]},
        {
            "inventory_item": "1 new",
            "price": "1 new",
            "price_set": "1 new",
            "product_variant": "1 new",
            "product_variant_inventory_item": "1 new",
            "product_variant_option": "1 new",
        },
        {"inventory-item.created": 1, "product-variant.created": 1},
    ),
}
PARTS: dict[str, Write] = {
    "a variant's words": Write(
        lambda t: f"products/{t.product.id}/variants/{t.variants[0]}",
        lambda t: {"title": "New"},
        {"product_variant": "1 changed"},
        {"product-variant.updated": 1},
    ),
    "a variant's option": Write(
        lambda t: f"products/{t.product.id}/variants/{t.variants[0]}",
        lambda t: {"options": {f"Size {t.number}": "L"}},
        {"product_variant": "1 changed", "product_variant_option": "1 new, 1 gone"},
        {"product-variant.updated": 1},
    ),
    "a variant that goes": Write(
        lambda t: f"products/{t.product.id}/variants/{t.variants[1]}",
        None,
        {
            "inventory_item": "1 gone",
            "price": "5 gone",
            "price_set": "1 gone",
            "product_variant": "1 gone",
            "product_variant_inventory_item": "1 gone",
        },
        {"inventory-item.deleted": 1, "product-variant.deleted": 1},
    ),
    "new and other links of variants": Write(
        lambda t: f"products/{t.product.id}/variants/inventory-items/batch",
        lambda t: {
            "create": [linked(t, 0, t.spare_item, required_quantity=2)],
            "update": [linked(t, 0, t.items[0], required_quantity=3)],
            "delete": [linked(t, 1, t.items[1])],
        },
        {"product_variant_inventory_item": "1 new, 1 changed, 1 gone"},
        {},
    ),
    "a product's words": Write(
        lambda t: f"products/{t.product.id}",
        lambda t: {"subtitle": "New"},
        {"product": "1 changed", "product_search": "1 new, 1 gone"},
        {"product.updated": 1},
    ),
    "what a product belongs to": Write(
        lambda t: f"products/{t.product.id}",
        lambda t: {"tags": [], "categories": [], "sales_channels": [], "collection_id": None},
        {
            "product": "1 changed",
            "product_category_product": "1 gone",
            "product_sales_channel": "1 gone",
            "product_tags": "1 gone",
        },
        {"product.updated": 1},
    ),
    "products of a channel": Write(
        lambda t: f"sales-channels/{t.channel}/products",
        lambda t: {"remove": [t.product.id]},
        {"product_sales_channel": "1 gone"},
        {"product.updated": 1, "sales-channel.updated": 1},
    ),
    "products of a collection": Write(
        lambda t: f"collections/{t.collection}/products",
        lambda t: {"remove": [t.product.id]},
        {"product": "1 changed"},
        {"product-collection.updated": 1, "product.updated": 1},
    ),
    "a channel that goes": Write(
        lambda t: f"sales-channels/{t.channel}",
        None,
        {
            "product_sales_channel": "1 gone",
            "publishable_api_key_sales_channel": "1 gone",
            "sales_channel": "1 gone",
            "sales_channel_stock_location": "1 gone",
        },
        {"sales-channel.deleted": 1},
    ),
    "a collection that goes": Write(
        lambda t: f"collections/{t.collection}",
        None,
        {"product": "1 changed", "product_collection": "1 gone"},
        {"product-collection.deleted": 1, "product.updated": 1},
    ),
    "a tag that goes": Write(
        lambda t: f"product-tags/{t.tag}",
        None,
        {"product_tag": "1 gone", "product_tags": "1 gone"},
        {"product-tag.deleted": 1},
    ),
    "a type that goes": Write(
        lambda t: f"product-types/{t.type}",
        None,
        {"product": "1 changed", "product_type": "1 gone"},
        {"product-type.deleted": 1, "product.updated": 1},
    ),
    "a category that goes": Write(
        lambda t: f"product-categories/{t.category}",
        None,
        {"product_category": "1 changed, 1 gone", "product_category_product": "1 gone"},
        {"product-category.deleted": 1},
    ),
    "a product that goes": Write(
        lambda t: f"products/{t.product.id}",
        None,
        {
            "inventory_item": "2 gone",
            "inventory_level": "1 gone",
            "inventory_movement": "1 new",
            "price": "10 gone",
            "price_set": "2 gone",
            "product": "1 gone",
            "product_product_option": "1 gone",
            "product_product_option_value": "3 gone",
            "product_variant": "2 gone",
            "product_variant_inventory_item": "2 gone",
        },
        {
            "inventory-item.deleted": 2,
            "inventory-level.deleted": 1,
            "product-variant.deleted": 2,
            "product.deleted": 1,
        },
    ),
    "products of a batch": Write(
        lambda t: "products/batch",
        lambda t: {
            "create": [
                {
                    "title": title,
                    "options": [{"id": t.option}],
                    "tags": [{"id": t.tag}],
                    "categories": [{"id": t.category}],
                    "sales_channels": [{"id": t.channel}],
                    "variants": [
                        {"title": "S", "prices": [usd(1)], "options": {f"Size {t.number}": "S"}}
                    ],
                }
                for title in ("Hat", "Cap")
            ],
            "update": [{"id": t.product.id, "title": "New"}],
        },
        {
            "inventory_item": "2 new",
            "price": "2 new",
            "price_set": "2 new",
            "product": "2 new, 1 changed",
            "product_category_product": "2 new",
            "product_product_option": "2 new",
            "product_product_option_value": "6 new",
            "product_sales_channel": "2 new",
            "product_search": "3 new, 1 gone",
            "product_tags": "2 new",
            "product_variant": "2 new",
            "product_variant_inventory_item": "2 new",
            "product_variant_option": "2 new",
        },
        {
            "inventory-item.created": 2,
            "product-variant.created": 2,
            "product.created": 2,
            "product.updated": 1,
        },
    ),
}
PEOPLE: dict[str, Write] = {
    "customers of a group": Write(
        lambda t: f"customer-groups/{t.group}/customers",
        lambda t: {"remove": [t.customer]},
        {"customer_group_customer": "1 gone"},
        {"customer-group.updated": 1, "customer.updated": 1},
    ),
    "channels of a key": Write(
        lambda t: f"api-keys/{t.key}/sales-channels",
        lambda t: {"remove": [t.channel]},
        {"publishable_api_key_sales_channel": "1 gone"},
        {"api-key.updated": 1},
    ),
    "a group that goes": Write(
        lambda t: f"customer-groups/{t.group}",
        None,
        {"customer_group": "1 gone", "customer_group_customer": "1 gone"},
        {"customer-group.deleted": 1},
    ),
    "a customer who goes": Write(
        lambda t: f"customers/{t.customer}",
        None,
        {"customer": "1 gone", "customer_group_customer": "1 gone"},
        {"customer.deleted": 1},
    ),
    "a user who goes": Write(
        lambda t: f"users/{t.person.user_id}",
        None,
        {
            "auth_identity": "1 gone",
            "auth_session": "1 gone",
            "provider_identity": "1 gone",
            "user": "1 gone",
        },
        {"user.deleted": 1},
    ),
    "a key that is revoked": Write(
        lambda t: f"api-keys/{t.key}/revoke",
        lambda t: {},
        {"api_key": "1 changed"},
        {"api-key.revoked": 1},
    ),
}


@pytest.mark.parametrize("writes", [OPTIONS, PARTS, PEOPLE], ids=["options", "parts", "people"])
async def test_a_write_changes_what_it_is_about(
    admin: httpx.AsyncClient, tx: Transaction, writes: dict[str, Write]
) -> None:
    assert await changes(admin, tx, writes) == expected(writes)
