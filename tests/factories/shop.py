"""A complete shop: region, taxes, channel, key, location, shipping options, goods."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.keys import make_key, storefront
from tests.factories.products import (
    Made,
    item_of,
    make_location,
    make_product,
    make_sales_channel,
    make_shipping_profile,
    prices,
    variant,
)
from tests.factories.stock import make_level
from tests.factories.taxes import make_region, make_row, make_tax_rate, make_tax_region


@dataclass
class Shop:
    """The ids that tests of carts use; `goods` are variants by title."""

    region_id: str
    channel_id: str
    key: str
    location_id: str
    profile_id: str
    zone_id: str
    option_id: str
    goods: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the storefront."""
        return storefront(self.key)


async def make_shop(tx: Transaction, *, rate: int | None = 20) -> Shop:
    """Germany, euros, VAT, one location with a shipping option, and no products yet."""
    region_id = await make_region(tx, "Germany")
    await tx.execute("UPDATE country SET region_id = $1 WHERE iso_2 = 'de'", region_id)
    if rate is not None:
        tax_region = await make_tax_region(tx, "de")
        await make_tax_rate(tx, tax_region, rate, is_default=True)
    await tx.execute(
        "INSERT INTO region_payment_provider (region_id, payment_provider_id, id)"
        " VALUES ($1, 'pp_system_default', 'regpp_1')",
        region_id,
    )
    channel_id = await make_sales_channel(tx)
    key_id, key = await make_key(tx)
    await tx.execute(
        "INSERT INTO publishable_api_key_sales_channel (publishable_key_id, sales_channel_id, id)"
        " VALUES ($1, $2, 'pksc_1')",
        key_id,
        channel_id,
    )
    location_id = await make_location(tx)
    await tx.execute(
        "INSERT INTO sales_channel_stock_location (sales_channel_id, stock_location_id, id)"
        " VALUES ($1, $2, 'scloc_1')",
        channel_id,
        location_id,
    )
    profile_id = await make_shipping_profile(tx)
    zone_id = await _zone(tx, location_id, ("de",))
    option_id = await make_option(tx, zone_id, profile_id, "Standard", 10)
    return Shop(region_id, channel_id, key, location_id, profile_id, zone_id, option_id)


async def _zone(tx: Transaction, location_id: str, countries: Sequence[str]) -> str:
    set_id = await make_row(tx, "fulfillment_set", "fuset", name="Shipping", type="shipping")
    await tx.execute(
        "INSERT INTO location_fulfillment_set (stock_location_id, fulfillment_set_id, id)"
        " VALUES ($1, $2, 'locfs_1')",
        location_id,
        set_id,
    )
    zone_id = await make_row(tx, "service_zone", "serzo", name="Home", fulfillment_set_id=set_id)
    for code in countries:
        await make_row(
            tx, "geo_zone", "fgz", type="country", country_code=code, service_zone_id=zone_id
        )
    return zone_id


async def make_option(
    tx: Transaction, zone_id: str, profile_id: str, name: str, amount: int
) -> str:
    """A shipping option at a flat price in euros; its id."""
    kind = await make_row(tx, "shipping_option_type", "sotype", label=name, code=name.lower())
    price_set = await make_row(tx, "price_set", "pset")
    await make_row(tx, "price", "price", price_set_id=price_set, currency_code="eur", amount=amount)
    return await make_row(
        tx,
        "shipping_option",
        "so",
        name=name,
        price_type="flat",
        service_zone_id=zone_id,
        shipping_profile_id=profile_id,
        provider_id="manual_manual",
        shipping_option_type_id=kind,
        price_set_id=price_set,
    )


async def make_goods(
    tx: Transaction, shop: Shop, title: str, amount: float, *, stock: int | None = 100, **more: Any
) -> Made:
    """A published product of one variant, sold in the shop's channel, with stock."""
    made = await make_product(
        tx,
        title,
        status="published",
        sales_channels=[{"id": shop.channel_id}],
        shipping_profile_id=shop.profile_id,
        variants=[
            variant(
                title,
                options={"Color": "Blue"},
                prices=prices(eur=amount),
                manage_inventory=stock is not None,
                **more,
            )
        ],
    )
    [variant_id] = made.variant_ids
    shop.goods[title] = variant_id
    if stock is not None:
        await make_level(tx, await item_of(tx, variant_id), shop.location_id, stocked=stock)
    return made


async def make_cart(
    client: httpx.AsyncClient, shop: Shop, *lines: tuple[str, int], **body: Any
) -> dict[str, Any]:
    """A cart with these quantities of goods."""
    items = [{"variant_id": shop.goods[title], "quantity": count} for title, count in lines]
    answer = await client.post(
        "/store/carts",
        json={"region_id": shop.region_id, "items": items, **body},
        headers=shop.headers,
    )
    return good(answer)["cart"]


async def make_paid_cart(
    client: httpx.AsyncClient,
    shop: Shop,
    *lines: tuple[str, int],
    provider_id: str = "pp_system_default",
    **body: Any,
) -> dict[str, Any]:
    """A cart that can be completed: with an address, a shipping method and a payment session."""
    cart = await make_cart(client, shop, *lines, **{"email": "ann@home.test", **body})
    path = f"/store/carts/{cart['id']}"
    chosen = {"option_id": shop.option_id}
    good(await client.post(f"{path}/shipping-methods", json=chosen, headers=shop.headers))
    asked = {"cart_id": cart["id"]}
    made = good(await client.post("/store/payment-collections", json=asked, headers=shop.headers))
    good(
        await client.post(
            f"/store/payment-collections/{made['payment_collection']['id']}/payment-sessions",
            json={"provider_id": provider_id},
            headers=shop.headers,
        )
    )
    return good(await client.get(path, headers=shop.headers))["cart"]
