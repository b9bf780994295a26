"""A large shop for the reference: copies of products that were created through its API. They are
written to its database by SQL, because its API takes hours for 100,000 products.

Copies have new ids, handles and SKUs, and everything else of their originals: options with
values, variants, images, prices, stock, tags, categories and channels.
"""

from collections.abc import Callable
from typing import Any

import asyncpg

URL_NAME = "REFERENCE_DATABASE_URL"
_AT_ONCE = 5_000
# A product's own rows: the condition that finds them, and the columns that name copied rows or
# that must be unique. Other referenced rows (tags, channels, locations) are shared.
_PRODUCTS = "product_id = ANY($1)"
_OPTIONS = f"SELECT product_option_id FROM product_product_option WHERE {_PRODUCTS}"
_VARIANTS = f"SELECT id FROM product_variant WHERE {_PRODUCTS}"
_SETS = f"SELECT price_set_id FROM product_variant_price_set WHERE variant_id IN ({_VARIANTS})"
_ITEMS = (
    "SELECT inventory_item_id FROM product_variant_inventory_item"
    f" WHERE variant_id IN ({_VARIANTS})"
)
_TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "product": ("id = ANY($1)", ("id", "handle")),
    "product_option": (f"id IN ({_OPTIONS})", ("id",)),
    "product_option_value": (f"option_id IN ({_OPTIONS})", ("id", "option_id")),
    "product_product_option": (_PRODUCTS, ("id", "product_id", "product_option_id")),
    "product_product_option_value": (
        f"product_product_option_id IN (SELECT id FROM product_product_option WHERE {_PRODUCTS})",
        ("id", "product_product_option_id", "product_option_value_id"),
    ),
    "image": (_PRODUCTS, ("id", "product_id")),
    "product_tags": (_PRODUCTS, ("product_id",)),
    "product_category_product": (_PRODUCTS, ("product_id",)),
    "product_sales_channel": (_PRODUCTS, ("id", "product_id")),
    "product_variant": (_PRODUCTS, ("id", "product_id", "sku")),
    "product_variant_option": (f"variant_id IN ({_VARIANTS})", ("variant_id", "option_value_id")),
    "price_set": (f"id IN ({_SETS})", ("id",)),
    "product_variant_price_set": (
        f"variant_id IN ({_VARIANTS})",
        ("id", "variant_id", "price_set_id"),
    ),
    "price": (f"price_set_id IN ({_SETS})", ("id", "price_set_id")),
    "inventory_item": (f"id IN ({_ITEMS})", ("id", "sku")),
    "inventory_level": (f"inventory_item_id IN ({_ITEMS})", ("id", "inventory_item_id")),
    "product_variant_inventory_item": (
        f"variant_id IN ({_VARIANTS})",
        ("id", "variant_id", "inventory_item_id"),
    ),
}


async def multiply(url: str, channel_id: str, products: int, say: Callable[[str], None]) -> None:
    """Copy the products of the channel until it has that number of products."""
    database: Any = await asyncpg.connect(url)
    # Copies refer to copies, so foreign keys are satisfied; checking them is slower than writing.
    await database.execute("SET session_replication_role = replica")
    await database.execute("SET synchronous_commit = off")
    sold = "SELECT product_id FROM product_sales_channel WHERE sales_channel_id = $1"
    originals = [record[0] for record in await database.fetch(f"{sold} ORDER BY 1", channel_id)]
    for first in range(len(originals), products, _AT_ONCE):
        last = min(first + _AT_ONCE, products) - 1
        async with database.transaction():
            await _copy(database, originals, first, last)
        say(f"{last + 1:,} products of the reference")
    await database.execute("ANALYZE")
    await database.close()


async def _copy(database: Any, originals: list[str], first: int, last: int) -> None:
    """Insert the copies with these numbers, cycling through the originals."""
    turns, rest = divmod(last - first + 1, len(originals))
    if rest:
        raise ValueError(f"{last - first + 1} is no multiple of {len(originals)}")
    for table, (condition, own) in _TABLES.items():
        found = await database.fetch(_COLUMNS, table)
        names = ", ".join(f'"{record[0]}"' for record in found)
        shown = ", ".join(
            f"o.\"{name}\" || '-' || n" if name in own else f'o."{name}"' for (name,) in found
        )
        await database.execute(
            f"INSERT INTO {table} ({names}) SELECT {shown} FROM generate_series($2::int, $3) n,"
            f" (SELECT * FROM {table} WHERE {condition}) o",
            originals,
            first,
            first + turns - 1,
        )


_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'
ORDER BY ordinal_position"""
