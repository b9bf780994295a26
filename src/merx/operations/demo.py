"""A small shop to try: products with variants, prices and stock, a region, a sales channel, and two
shipping options.
"""

from decimal import Decimal

from merx.batch import Insert, insert_all
from merx.batch.members import change_members
from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.links.selling import LOCATION_PROVIDERS
from merx.modules.fulfillment.models import ShippingProfile
from merx.modules.fulfillment.option_schemas import CreateShippingOption
from merx.modules.fulfillment.schemas import CreateFulfillmentSet
from merx.modules.fulfillment.zone_schemas import CreateServiceZone
from merx.modules.fulfillment.zones import create_service_zone
from merx.modules.inventory.ledger import NewLevel, opening
from merx.modules.product.schemas import CreateProduct
from merx.modules.region.models import Region
from merx.modules.stock_location.models import (
    SalesChannelStockLocation,
    StockLocation,
    StockLocationAddress,
)
from merx.modules.tax.models import TaxRate, TaxRegion
from merx.providers.fulfillment import FulfillmentProviders, ManualProvider
from merx.providers.payment import SystemPaymentProvider
from merx.providers.tax import SystemTaxProvider
from merx.workflows.catalogue.create_products import create_products
from merx.workflows.delivery.shipping_options import create_shipping_option
from merx.workflows.stock.stock_locations import add_fulfillment_set

# Countries with their VAT in percent.
_COUNTRIES = {"de": 19, "dk": 25, "es": 21, "fr": 20, "it": 22, "se": 25}
_PRODUCTS = (
    ("T-Shirt", "Heavy cotton, cut straight.", "Color", ("Black", "White"), 19.5),
    ("Sweatshirt", "Brushed inside, for cold mornings.", "Color", ("Grey", "Navy"), 39.0),
    ("Sweatpants", "With two pockets that hold what they take.", "Color", ("Grey",), 34.9),
    ("Shorts", "Light, quick to dry.", "Color", ("Olive", "Sand"), 24.9),
)
_SIZES = ("S", "M", "L")
_FREE = {"attribute": "item_total", "operator": "gte", "value": 100}


def _option(name: str, description: str, amount: float, *more: Json) -> Json:
    return {
        "name": name,
        "provider_id": ManualProvider.id,
        "price_type": "flat",
        "type": {"label": name, "code": name.lower(), "description": description},
        "prices": [
            {"currency_code": "eur", "amount": amount},
            {"currency_code": "usd", "amount": amount},
            *more,
        ],
        "rules": [
            {"attribute": "enabled_in_store", "operator": "eq", "value": "true"},
            {"attribute": "is_return", "operator": "eq", "value": "false"},
        ],
    }


_OPTIONS = (
    _option(
        "Standard",
        "Three to five days.",
        4.9,
        {"currency_code": "eur", "amount": 0, "rules": [_FREE]},
    ),
    _option("Express", "Tomorrow.", 9.9),
)
# Offered, but not used by any variant yet: something to try.
_FREE_SIZE = "XL"


async def seed_demo(tx: Transaction) -> bool:
    """Fill an empty shop with demo data.

    False if the shop has products, which is then unchanged.
    """
    if await tx.fetchval("SELECT EXISTS (SELECT 1 FROM product)"):
        return False
    channel_id = await tx.fetchval(
        "SELECT default_sales_channel_id FROM store ORDER BY created_at LIMIT 1"
    )
    await _add_region(tx)
    profile_id = await _add_profile(tx)
    locations = await _add_locations(tx, channel_id)
    await _add_delivery(tx, locations[0], profile_id)
    bodies = [_product(number, channel_id, profile_id) for number in range(len(_PRODUCTS))]
    await create_products(tx, bodies)
    await _stock(tx, locations)
    return True


async def _add_region(tx: Transaction) -> None:
    region_id = new_id("reg")
    row = {"id": region_id, "name": "Europe", "currency_code": "eur"}
    await insert_all(tx, Insert(Region.__table__, [row]))
    await tx.execute(
        "UPDATE country SET region_id = $1, updated_at = now() WHERE iso_2 = ANY($2::text[])",
        region_id,
        list(_COUNTRIES),
    )
    await tx.execute("UPDATE store SET default_region_id = $1", region_id)
    await tx.execute(
        "INSERT INTO store_currency (id, store_id, currency_code)"
        " SELECT $1, id, 'usd' FROM store ON CONFLICT DO NOTHING",
        new_id("stocur"),
    )
    await tx.execute(
        "INSERT INTO region_payment_provider (region_id, payment_provider_id, id)"
        " VALUES ($1, $2, $3)",
        region_id,
        SystemPaymentProvider.id,
        new_id("regpp"),
    )
    await _add_taxes(tx)


async def _add_taxes(tx: Transaction) -> None:
    regions = [
        {"id": new_id("txreg"), "country_code": code, "provider_id": SystemTaxProvider.id}
        for code in _COUNTRIES
    ]
    rates = [
        {
            "id": new_id("txr"),
            "tax_region_id": region["id"],
            "name": "VAT",
            "code": "vat",
            "rate": Decimal(_COUNTRIES[region["country_code"]]),
            "is_default": True,
        }
        for region in regions
    ]
    await insert_all(tx, Insert(TaxRegion.__table__, regions), Insert(TaxRate.__table__, rates))


async def _add_profile(tx: Transaction) -> str:
    profile = {"id": new_id("sp"), "name": "Default Shipping Profile", "type": "default"}
    await insert_all(tx, Insert(ShippingProfile.__table__, [profile]))
    return profile["id"]


async def _add_locations(tx: Transaction, channel_id: str) -> list[str]:
    places = (("Copenhagen", "dk"), ("Hamburg", "de"))
    addresses = [
        {"id": new_id("laddr"), "address_1": "Harbour 1", "city": city, "country_code": country}
        for city, country in places
    ]
    locations = [
        {"id": new_id("sloc"), "name": f"Store {address['city']}", "address_id": address["id"]}
        for address in addresses
    ]
    links = [
        {
            "id": new_id("scloc"),
            "sales_channel_id": channel_id,
            "stock_location_id": location["id"],
        }
        for location in locations
    ]
    await insert_all(
        tx,
        Insert(StockLocationAddress.__table__, addresses),
        Insert(StockLocation.__table__, locations),
        Insert(SalesChannelStockLocation.__table__, links),
    )
    await tx.execute("UPDATE store SET default_location_id = $1", locations[0]["id"])
    return [location["id"] for location in locations]


async def _add_delivery(tx: Transaction, location_id: str, profile_id: str) -> None:
    """Let the location deliver to the region: standard, free from 100 on, or express."""
    await change_members(
        tx,
        LOCATION_PROVIDERS,
        location_id,
        add=[ManualProvider.id],
        remove=[],
        unknown=NotFound(location_id),
    )
    parcels = CreateFulfillmentSet(name="European parcels", type="shipping")
    set_id = await add_fulfillment_set(tx, location_id, parcels, unknown=NotFound(location_id))
    places = [{"type": "country", "country_code": code} for code in _COUNTRIES]
    zone = CreateServiceZone.model_validate({"name": "Europe", "geo_zones": places})
    zone_id = await create_service_zone(tx, set_id, zone)
    for option in _OPTIONS:
        body = {"service_zone_id": zone_id, "shipping_profile_id": profile_id, **option}
        draft = CreateShippingOption.model_validate(body)
        await create_shipping_option(tx, FulfillmentProviders.of([]), draft)


def _product(number: int, channel_id: str, profile_id: str) -> CreateProduct:
    title, description, option, values, price = _PRODUCTS[number]
    code = "".join(word[0] for word in title.replace("-", " ").split()) + str(number + 1)
    variants = [
        {
            "title": f"{value} / {size}",
            "sku": f"{code}-{value}-{size}".upper(),
            "options": {option: value, "Size": size},
            "prices": [
                {"currency_code": "eur", "amount": price},
                {"currency_code": "usd", "amount": round(price * 1.1, 2)},
            ],
        }
        for value in values
        for size in _SIZES
    ]
    return CreateProduct.model_validate(
        {
            "title": title,
            "description": description,
            "status": "published",
            "options": [
                {"title": option, "values": list(values)},
                {"title": "Size", "values": [*_SIZES, _FREE_SIZE]},
            ],
            "variants": variants,
            "sales_channels": [{"id": channel_id}],
            "shipping_profile_id": profile_id,
        }
    )


async def _stock(tx: Transaction, locations: list[str]) -> None:
    items = [record[0] for record in await tx.fetch("SELECT id FROM inventory_item ORDER BY id")]
    levels: list[NewLevel] = [
        {
            "id": new_id("ilev"),
            "inventory_item_id": item_id,
            "location_id": location_id,
            "stocked_quantity": Decimal(25 + 5 * (place % 4)),
        }
        for place, item_id in enumerate(items)
        for location_id in locations
    ]
    await insert_all(tx, *opening(levels, "created"))
