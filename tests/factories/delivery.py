"""Locations, zones and shipping options of test shops, and carts to ship."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.ids import new_id
from merx.modules.fulfillment.option_schemas import CreateShippingOption
from merx.modules.fulfillment.schemas import CreateFulfillmentSet
from merx.modules.fulfillment.zone_schemas import CreateServiceZone
from merx.modules.fulfillment.zones import create_service_zone
from merx.providers.fulfillment import FulfillmentProvider, FulfillmentProviders
from merx.workflows.delivery.shipping_options import create_shipping_option
from merx.workflows.stock.stock_locations import add_fulfillment_set
from tests.factories.products import make_location, make_sales_channel, make_shipping_profile

COUNTRY = {"type": "country", "country_code": "dk"}


@dataclass(frozen=True, slots=True)
class Depot:
    """A location that delivers for a sales channel, with one zone."""

    location_id: str
    channel_id: str
    set_id: str
    zone_id: str
    profile_id: str


async def make_depot(
    tx: Transaction, name: str = "Depot", *, places: Sequence[dict[str, Any]] = (COUNTRY,)
) -> Depot:
    """A location with a set, a zone of the places, and the manual provider."""
    location_id = await make_location(tx, name)
    channel_id = await make_sales_channel(tx, f"{name} channel")
    await tx.execute(
        "INSERT INTO sales_channel_stock_location (sales_channel_id, stock_location_id, id)"
        " VALUES ($1, $2, $3)",
        channel_id,
        location_id,
        new_id("scloc"),
    )
    await let_deliver(tx, location_id, "manual_manual")
    set_id = await add_fulfillment_set(
        tx,
        location_id,
        CreateFulfillmentSet(name=f"{name} parcels", type="shipping"),
        unknown=NotFound(location_id),
    )
    zone_id = await make_zone(tx, set_id, f"{name} zone", *places)
    profile_id = await make_shipping_profile(tx, f"{name} profile")
    return Depot(location_id, channel_id, set_id, zone_id, profile_id)


async def let_deliver(tx: Transaction, location_id: str, provider_id: str) -> None:
    """Enable a provider for the location."""
    await tx.execute(
        "INSERT INTO fulfillment_provider (id) VALUES ($1) ON CONFLICT DO NOTHING", provider_id
    )
    await tx.execute(
        "INSERT INTO location_fulfillment_provider"
        " (stock_location_id, fulfillment_provider_id, id) VALUES ($1, $2, $3)",
        location_id,
        provider_id,
        new_id("locfp"),
    )


async def make_zone(tx: Transaction, set_id: str, name: str, *places: dict[str, Any]) -> str:
    """A service zone of the set; its id."""
    body = CreateServiceZone.model_validate({"name": name, "geo_zones": list(places)})
    return await create_service_zone(tx, set_id, body)


async def make_option(
    tx: Transaction,
    depot: Depot,
    name: str = "Post",
    *,
    providers: Sequence[FulfillmentProvider] = (),
    **fields: Any,
) -> str:
    """A shipping option for 10 euros, unless `fields` override it; its id."""
    body = {
        "name": name,
        "service_zone_id": depot.zone_id,
        "shipping_profile_id": depot.profile_id,
        "provider_id": "manual_manual",
        "price_type": "flat",
        "type": {"label": name, "code": name},
        "prices": [{"currency_code": "eur", "amount": 10}],
        **fields,
    }
    known = FulfillmentProviders.of(providers)
    return await create_shipping_option(tx, known, CreateShippingOption.model_validate(body))


async def make_cart(
    tx: Transaction,
    channel_id: str,
    *,
    variant_id: str | None = None,
    quantity: int = 1,
    item_total: Decimal = Decimal(0),
    currency_code: str = "eur",
    region_id: str | None = None,
    **address: str,
) -> str:
    """A cart inserted into the database, optionally with a line; its id."""
    cart_id, address_id = new_id("cart"), new_id("caaddr")
    await tx.execute(
        "INSERT INTO cart_address (id, country_code, province, city, postal_code)"
        " VALUES ($1, $2, $3, $4, $5)",
        address_id,
        *(address.get(name) for name in ("country_code", "province", "city", "postal_code")),
    )
    await tx.execute(
        "INSERT INTO cart (id, sales_channel_id, currency_code, region_id, item_total,"
        " shipping_address_id) VALUES ($1, $2, $3, $4, $5, $6)",
        cart_id,
        channel_id,
        currency_code,
        region_id,
        item_total,
        address_id,
    )
    if variant_id is not None:
        await tx.execute(
            "INSERT INTO cart_line_item (id, cart_id, title, quantity, variant_id, unit_price)"
            " VALUES ($1, $2, 'Shirt', $3, $4, 1)",
            new_id("cali"),
            cart_id,
            quantity,
            variant_id,
        )
    return cart_id
