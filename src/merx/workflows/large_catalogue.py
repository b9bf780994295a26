"""A catalogue of any size, for seeing how the shop behaves when it has grown."""

from collections.abc import AsyncIterator
from itertools import islice

from merx.core.database import Database
from merx.modules.product.schemas import CreateProduct
from merx.workflows.create_products import create_products

VARIANTS = 5
_CHUNK = 500
_KINDS = ("Shirt", "Mug", "Poster", "Lamp", "Chair", "Bag", "Scarf", "Clock", "Rug", "Bowl")
_SIZES = ("XS", "S", "M", "L", "XL")


async def seed_catalogue(database: Database, products: int) -> AsyncIterator[int]:
    """Write that many published products of five variants, 500 in a transaction.

    Yields the number written after each transaction. A second call adds to the first: numbers
    go on, so skus and handles stay unique.
    """
    async with database.read() as connection:
        first: int = await connection.fetchval("SELECT count(*) FROM product")
        channel_id: str | None = await connection.fetchval(
            "SELECT default_sales_channel_id FROM store ORDER BY created_at LIMIT 1"
        )
    numbers = iter(range(first, first + products))
    done = 0
    while chunk := list(islice(numbers, _CHUNK)):
        async with database.write() as tx:
            await create_products(tx, [_product(number, channel_id) for number in chunk])
        done += len(chunk)
        yield done


def _product(number: int, channel_id: str | None) -> CreateProduct:
    kind = _KINDS[number % len(_KINDS)]
    return CreateProduct.model_validate(
        {
            "title": f"{kind} {number}",
            "handle": f"{kind.lower()}-{number}",
            "description": f"The {kind.lower()} that is number {number} of many.",
            "status": "published",
            "options": [{"title": "Size", "values": list(_SIZES)}],
            "sales_channels": [{"id": channel_id}] if channel_id else [],
            "variants": [
                {
                    "title": size,
                    "sku": f"{kind[:2].upper()}-{number}-{size}",
                    "options": {"Size": size},
                    "prices": [
                        {"currency_code": "eur", "amount": 10 + number % 90},
                        {"currency_code": "usd", "amount": 12 + number % 90},
                    ],
                }
                for size in _SIZES
            ],
        }
    )
