"""Products and variants of the benchmarks, the same for all sides."""

from collections.abc import Sequence
from typing import Any

SIZES = tuple(f"Size {number}" for number in range(40))
COLORS = tuple(f"Color {number}" for number in range(26))
# The last combinations are reserved for the variants that a product is created with.
COMBINATIONS = tuple((size, color) for size in SIZES for color in COLORS)
MOST = len(COMBINATIONS) - 2
PRICES = (("usd", 10.5), ("eur", 9))
CHANGED_PRICES = (("usd", 11.25), ("eur", 10))

Body = dict[str, Any]


def prices(amounts: Sequence[tuple[str, float]] = PRICES) -> list[Body]:
    """Two prices in the form of a request body."""
    return [{"currency_code": code, "amount": amount} for code, amount in amounts]


def variant(combination: tuple[str, str], sku: str) -> Body:
    """A new variant with a sku, two options and two prices; its stock is managed."""
    size, color = combination
    return {
        "title": f"{size} / {color}",
        "sku": sku,
        "options": {"Size": size, "Color": color},
        "prices": prices(),
    }


def variants(count: int, mark: str) -> list[Body]:
    """`count` new variants of one product, their skus made unique by `mark`."""
    return [
        variant(combination, f"{mark}-{place}")
        for place, combination in enumerate(COMBINATIONS[:count])
    ]


def product(mark: str, *, count: int = 1) -> Body:
    """A new product with one or two variants that offers all 1,040 combinations."""
    made = [variant(COMBINATIONS[-1 - place], f"{mark}-base-{place}") for place in range(count)]
    return _product(mark, SIZES, COLORS, made)


def small_product(mark: str, *, count: int = 1) -> Body:
    """A new product with up to four variants out of two sizes and two colors."""
    pairs = [(size, color) for size in SIZES[:2] for color in COLORS[:2]]
    made = [variant(pairs[-1 - place], f"{mark}-base-{place}") for place in range(count)]
    return _product(mark, SIZES[:2], COLORS[:2], made)


def _product(mark: str, sizes: Sequence[str], colors: Sequence[str], made: list[Body]) -> Body:
    return {
        "title": f"Benchmark {mark}",
        "status": "published",
        "options": [
            {"title": "Size", "values": list(sizes)},
            {"title": "Color", "values": list(colors)},
        ],
        "variants": made,
    }


def changes(ids: Sequence[str]) -> list[Body]:
    """A new title and new amounts for each variant; prices are identified by currency."""
    return [
        {"id": variant_id, "title": f"Changed {place}", "prices": prices(CHANGED_PRICES)}
        for place, variant_id in enumerate(ids)
    ]


def links(variant_ids: Sequence[str], item_ids: Sequence[str], quantity: int = 2) -> list[Body]:
    """A link of each variant to one item."""
    return [
        {"variant_id": variant_id, "inventory_item_id": item_id, "required_quantity": quantity}
        for variant_id, item_id in zip(variant_ids, item_ids, strict=True)
    ]
