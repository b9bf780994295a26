"""What the published dashboard asks for by `fields`: every relation is in the answer, also where it
has no rows, for its pages read `.length` of lists and names of objects without looking first."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.catalogue import make_collection, make_region
from tests.factories.delivery import make_depot
from tests.factories.orders import make_order
from tests.factories.products import item_of, make_location, make_product, variant

# A list below each row of which there may be nothing yet; the rest is one row or null.
LISTS = {
    *("sales_channels", "fulfillment_sets", "service_zones", "geo_zones", "shipping_options"),
    *("rules", "fulfillment_providers", "variants", "options", "values", "images", "tags"),
    *("categories", "prices", "inventory_items", "location_levels", "stock_locations"),
    *("category_children", "products", "countries", "payment_providers", "groups", "addresses"),
    *("tax_rates", "children", "items", "fulfillments", "payment_collections", "payments"),
    *("refunds", "shipping_methods", "labels", "tax_lines", "adjustments", "returns"),
}
# An address that an order was not given is left out, as on the reference.
NOT_GIVEN = {"billing_address"}
LOCATION = (
    "name,*sales_channels,*address,fulfillment_sets.type,fulfillment_sets.name,"
    "*fulfillment_sets.service_zones.geo_zones,*fulfillment_sets.service_zones,"
    "*fulfillment_sets.service_zones.shipping_options,"
    "*fulfillment_sets.service_zones.shipping_options.rules,"
    "*fulfillment_sets.service_zones.shipping_options.shipping_profile,*fulfillment_providers"
)
ORDER = (
    "*customer,*items,*items.variant,*items.variant.product,*items.variant.options,"
    "+items.variant.manage_inventory,*items.variant.inventory_items.inventory,"
    "*items.variant.inventory_items,*shipping_address,*billing_address,*sales_channel,*promotions,"
    "*shipping_methods,*credit_lines,*fulfillments,+fulfillments.shipping_option.service_zone."
    "fulfillment_set.type,*fulfillments.items,*fulfillments.labels,*payment_collections,"
    "*payment_collections.payments,*payment_collections.payments.refunds,*region"
)


@pytest.fixture
async def paths(tx: Transaction) -> Mapping[str, str]:
    """The bare rows that a page is opened for."""
    product = await make_product(
        tx, options={"Size": ("S",)}, variants=[variant("S", options={"Size": "S"})]
    )
    depot = await make_depot(tx)
    bare = await make_location(tx, "Bare")
    order = await make_order(tx)
    item_id = await item_of(tx, product.variant_ids[0])
    region_id = await make_region(tx, "eur")
    collection_id = await make_collection(tx, "Summer")
    return {
        "bare location": f"stock-locations/{bare}",
        "location": f"stock-locations/{depot.location_id}",
        "product": f"products/{product.id}",
        "variant": f"products/{product.id}/variants/{product.variant_ids[0]}",
        "item": f"inventory-items/{item_id}",
        "region": f"regions/{region_id}",
        "collection": f"collections/{collection_id}",
        "channel": f"sales-channels/{depot.channel_id}",
        "order": f"orders/{order.id}",
    }


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("bare location", LOCATION),
        ("location", LOCATION),
        ("location", "*sales_channels,*address,*fulfillment_sets,*fulfillment_providers"),
        (
            "product",
            "*categories,*shipping_profile,-variants,*options,*options.values,*images,*tags,"
            "*sales_channels,*type,*collection",
        ),
        ("product", "*variants.options,*variants.prices,*variants.inventory_items.inventory"),
        (
            "product",
            "*variants.inventory_items.inventory.location_levels,*variants.inventory_items",
        ),
        (
            "variant",
            "*inventory_items,*inventory_items.inventory,*inventory_items.inventory.location_levels,"
            "*options,*options.option,*prices,*images",
        ),
        (
            "item",
            "*variants,*variants.product,*variants.options,*location_levels,"
            "*location_levels.stock_locations",
        ),
        ("region", "*payment_providers,*countries"),
        ("collection", "*products"),
        ("channel", "*stock_locations"),
        ("order", ORDER),
    ],
)
async def test_every_relation_that_a_page_asks_for_is_in_the_answer(
    admin: httpx.AsyncClient, paths: Mapping[str, str], page: str, fields: str
) -> None:
    answer = good(await admin.get(f"/admin/{paths[page]}", params={"fields": fields}))

    [row] = answer.values()
    asked = [name[1:] for name in fields.split(",") if name.startswith("*")]
    for name in asked:
        missing = [what for what in lacking(row, name.split(".")) if what]
        assert missing == [], f"{name}: {missing}"


def lacking(row: Any, path: list[str]) -> list[str]:
    """The names on the path that rows do not have, or have in another shape than a list."""
    if row is None or not path:
        return []
    if isinstance(row, list):
        return [what for one in row for what in lacking(one, path)]  # pyright: ignore[reportUnknownVariableType]
    name, *rest = path
    if name not in row:
        return [] if name in NOT_GIVEN else [name]
    if name in LISTS and not isinstance(row[name], list):
        return [f"{name} is no list"]
    return lacking(row[name], rest)


async def test_a_set_without_zones_has_an_empty_list_of_them(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    location_id = await make_location(tx, "Bare")
    body = {"name": "Parcels", "type": "shipping"}
    good(await admin.post(f"/admin/stock-locations/{location_id}/fulfillment-sets", json=body))

    answer = await admin.get(f"/admin/stock-locations/{location_id}", params={"fields": LOCATION})

    [parcels] = good(answer)["stock_location"]["fulfillment_sets"]
    assert (parcels["type"], parcels["name"]) == ("shipping", "Parcels")
    assert parcels["service_zones"] == []
