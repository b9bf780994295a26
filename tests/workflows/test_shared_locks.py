"""Rows that a request only refers to get shared locks, so others can refer to them too."""

from typing import Any

import httpx
import pytest

from merx.core.database import Database, Transaction
from tests.answers import good
from tests.factories.keys import make_key
from tests.factories.products import make_item, make_product, make_sales_channel
from tests.factories.shop import make_shop
from tests.factories.taxes import make_customer, make_customer_group, make_tax_rate

pytestmark = pytest.mark.commits

# Another transaction refers to each row of these, and takes its time.
NAMED = (
    *("product_tag", "product_type", "product_collection", "product_category", "sales_channel"),
    *("shipping_profile", "stock_location", "inventory_item", "customer", "customer_group"),
    *("product", "tax_region", "tax_rate", "fulfillment_set", "service_zone", "region"),
    *("promotion_campaign", "api_key", "shipping_option_type"),
)
NEW: dict[str, dict[str, Any]] = {
    "product-tags": {"value": "new"},
    "product-types": {"value": "Toy"},
    "collections": {"title": "Spring"},
    "product-categories": {"name": "Shirts"},
    "campaigns": {"name": "Spring", "campaign_identifier": "spring"},
}
TEN = {"type": "percentage", "target_type": "order", "value": 10}
REQUESTS: dict[str, dict[str, Any]] = {
    "products": {
        "title": "Hat",
        "options": [{"title": "Size", "values": ["S"]}],
        "tags": [{"id": "{product-tags}"}],
        "categories": [{"id": "{product-categories}"}],
        "sales_channels": [{"id": "{channel}"}],
        "type_id": "{product-types}",
        "collection_id": "{collections}",
        "shipping_profile_id": "{profile}",
    },
    "inventory-items": {"sku": "NEW", "location_levels": [{"location_id": "{location}"}]},
    "inventory-items/{item}/location-levels": {"location_id": "{location}"},
    "sales-channels/{channel}/products": {"add": ["{product}"]},
    "product-categories/{product-categories}/products": {"add": ["{product}"]},
    "customer-groups/{group}/customers": {"add": ["{customer}"]},
    "stock-locations/{location}/sales-channels": {"add": ["{second channel}"]},
    "stock-locations/{location}/fulfillment-providers": {"add": ["manual_manual"]},
    "api-keys/{key}/sales-channels": {"add": ["{channel}"]},
    "tax-rates": {"tax_region_id": "{tax region}", "name": "Low", "code": "low", "rate": 7},
    "tax-rates/{rate}/rules": {"reference": "product", "reference_id": "{product}"},
    "fulfillment-sets/{set}/service-zones": {
        "name": "Near",
        "geo_zones": [{"type": "country", "country_code": "dk"}],
    },
    "shipping-options": {
        "name": "Fast",
        "service_zone_id": "{zone}",
        "shipping_profile_id": "{profile}",
        "provider_id": "manual_manual",
        "price_type": "flat",
        "type": {"label": "Fast", "description": "Fast", "code": "fast"},
        "prices": [{"region_id": "{region}", "amount": 5}],
    },
    "promotions": {
        "code": "TEN",
        "type": "standard",
        "campaign_id": "{campaigns}",
        "application_method": TEN,
    },
}


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    return value.format_map(ids) if isinstance(value, str) else value


@pytest.fixture
async def ids(admin: httpx.AsyncClient, tx: Transaction) -> dict[str, str]:
    """What the requests refer to."""
    shop = await make_shop(tx, rate=None)
    known = {
        "channel": shop.channel_id,
        "second channel": await make_sales_channel(tx, "Second"),
        "location": shop.location_id,
        "profile": shop.profile_id,
        "zone": shop.zone_id,
        "region": shop.region_id,
        "set": await tx.fetchval("SELECT id FROM fulfillment_set"),
        "item": await make_item(tx, "OLD"),
        "product": (await make_product(tx)).id,
        "customer": await make_customer(tx, "ann@home.test"),
        "group": await make_customer_group(tx, "Gold"),
        "key": (await make_key(tx))[0],
    }
    body = {"country_code": "de", "provider_id": "tp_system"}
    known["tax region"] = good(await admin.post("/admin/tax-regions", json=body))["tax_region"][
        "id"
    ]
    known["rate"] = await make_tax_rate(tx, known["tax region"], 20)
    for path, row in NEW.items():
        [made] = good(await admin.post(f"/admin/{path}", json=row)).values()
        known[path] = made["id"]
    return known


async def test_who_refers_to_the_same_things_does_not_wait(
    admin: httpx.AsyncClient, database: Database, ids: dict[str, str]
) -> None:
    async with database.read() as other, other.transaction():
        for table in NAMED:
            assert await other.fetch(f"SELECT id FROM {table} FOR SHARE"), table
        answers = {
            path: await admin.post(f"/admin/{path.format_map(ids)}", json=filled(body, ids))
            for path, body in REQUESTS.items()
        }

    waited = {path: answer.text for path, answer in answers.items() if answer.status_code != 200}
    assert waited == {}
