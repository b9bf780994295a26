"""Products, variants and their stock, created by the workflows of the routes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.inventory.schemas import CreateInventoryItem
from merx.modules.product.schemas import BatchLinks, BatchVariants, CreateProduct
from merx.modules.stock_location.schemas import CreateStockLocation
from merx.workflows.catalogue.batch_variants import batch_variants
from merx.workflows.catalogue.create_products import create_products
from merx.workflows.catalogue.link_inventory import change_links
from merx.workflows.stock.inventory_items import create_inventory_items
from merx.workflows.stock.stock_locations import create_stock_locations

Body = dict[str, Any]
Options = Mapping[str, Sequence[str]]

COLORS: Options = {"Color": ("Blue", "Green")}


@dataclass(frozen=True)
class Made:
    """A product, and its variants in the order they were given."""

    id: str
    variant_ids: list[str]


def variant(title: str = "Shirt", **fields: Any) -> Body:
    """The body of a new variant."""
    return {"title": title, "prices": [], **fields}


def prices(**amounts: float) -> list[Body]:
    """Prices by currency: `prices(usd=10, eur=9)`."""
    return [{"currency_code": code, "amount": amount} for code, amount in amounts.items()]


def grid(count: int) -> Options:
    """Two options with enough values for at least `count` variants."""
    side = next(number for number in range(1, count + 1) if number * number >= count)
    return {name: [f"{name} {number}" for number in range(side)] for name in ("Size", "Color")}


def variants(options: Options, count: int, **fields: Any) -> list[Body]:
    """`count` variants, each with another combination of the options, a sku and two prices."""
    pairs = combinations(*options.values())
    return [
        variant(
            f"Variant {place}",
            options=dict(zip(options, pair, strict=True)),
            **{"sku": f"SKU-{place}", "prices": prices(usd=10, eur=9), **fields},
        )
        for place, pair in zip(range(count), pairs, strict=False)
    ]


async def make_product(
    tx: Transaction,
    title: str = "Shirt",
    *,
    options: Options = COLORS,
    variants: Sequence[Body] = (),
    **fields: Any,
) -> Made:
    """A product with options (`{title: values}`) and variants."""
    body = CreateProduct.model_validate(
        {
            "title": title,
            "options": [{"title": name, "values": list(options[name])} for name in options],
            **fields,
        }
    )
    [product_id] = await create_products(tx, [body])
    return Made(product_id, await make_variants(tx, product_id, variants))


async def make_variants(tx: Transaction, product_id: str, bodies: Sequence[Body]) -> list[str]:
    """Variants of a product; their ids."""
    batch = BatchVariants.model_validate({"create": list(bodies)})
    created, _ = await batch_variants(tx, product_id, batch)
    return created


async def make_variant(
    tx: Transaction, product_id: str, title: str = "Shirt", **fields: Any
) -> str:
    """A variant of a product; its id."""
    [variant_id] = await make_variants(tx, product_id, [variant(title, **fields)])
    return variant_id


async def make_items(tx: Transaction, count: int, **fields: Any) -> list[str]:
    """Inventory items without a variant; their ids."""
    return await create_inventory_items(tx, [CreateInventoryItem(**fields)] * count)


async def make_item(tx: Transaction, sku: str | None = None, **fields: Any) -> str:
    """An inventory item without a variant; its id."""
    [item_id] = await make_items(tx, 1, sku=sku, **fields)
    return item_id


async def item_of(tx: Transaction, variant_id: str) -> str:
    """The only inventory item of a variant."""
    [record] = await tx.fetch(
        "SELECT inventory_item_id FROM product_variant_inventory_item WHERE variant_id = $1",
        variant_id,
    )
    return record[0]


async def link(
    tx: Transaction, product_id: str, variant_id: str, item_id: str, quantity: int = 1
) -> None:
    """Link an item to a variant."""
    row = {
        "variant_id": variant_id,
        "inventory_item_id": item_id,
        "required_quantity": quantity,
    }
    await change_links(tx, product_id, BatchLinks.model_validate({"create": [row]}))


async def make_location(tx: Transaction, name: str = "Warehouse") -> str:
    """A stock location; its id."""
    [location_id] = await create_stock_locations(tx, [CreateStockLocation(name=name)])
    return location_id


async def make_sales_channel(tx: Transaction, name: str = "Web") -> str:
    """A sales channel; its id."""
    channel_id = new_id("sc")
    await tx.execute("INSERT INTO sales_channel (id, name) VALUES ($1, $2)", channel_id, name)
    return channel_id


async def make_shipping_profile(tx: Transaction, name: str = "Parcel") -> str:
    """A shipping profile; its id."""
    profile_id = new_id("sp")
    await tx.execute(
        "INSERT INTO shipping_profile (id, name, type) VALUES ($1, $2, 'default')",
        profile_id,
        name,
    )
    return profile_id
