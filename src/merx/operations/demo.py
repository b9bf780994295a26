"""A small shop to look at: products with variants, prices, stock, a region and a sales channel."""

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.fulfillment.models import ShippingProfile
from merx.modules.inventory.ledger import opening
from merx.modules.product.schemas import CreateProduct
from merx.modules.region.models import Region
from merx.modules.stock_location.models import (
    SalesChannelStockLocation,
    StockLocation,
    StockLocationAddress,
)
from merx.workflows.catalogue.create_products import create_products

_COUNTRIES = ("de", "dk", "es", "fr", "it", "se")
_PRODUCTS = (
    ("T-Shirt", "Heavy cotton, cut straight.", "Color", ("Black", "White"), 19.5),
    ("Sweatshirt", "Brushed inside, for cold mornings.", "Color", ("Grey", "Navy"), 39.0),
    ("Sweatpants", "With two pockets that hold what they take.", "Color", ("Grey",), 34.9),
    ("Shorts", "Light, quick to dry.", "Color", ("Olive", "Sand"), 24.9),
)
_SIZES = ("S", "M", "L")
# Offered, but no variant has it yet: something to try.
_FREE_SIZE = "XL"


async def seed_demo(tx: Transaction) -> bool:
    """Fill an empty shop with demo data; False when the shop has products and is left alone."""
    if await tx.fetchval("SELECT EXISTS (SELECT 1 FROM product)"):
        return False
    channel_id = await tx.fetchval(
        "SELECT default_sales_channel_id FROM store ORDER BY created_at LIMIT 1"
    )
    await _add_region(tx)
    profile_id = await _add_profile(tx)
    locations = await _add_locations(tx, channel_id)
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
    levels = [
        {
            "id": new_id("ilev"),
            "inventory_item_id": item_id,
            "location_id": location_id,
            "stocked_quantity": 25 + 5 * (place % 4),
        }
        for place, item_id in enumerate(items)
        for location_id in locations
    ]
    await insert_all(tx, *opening(levels, "created"))
