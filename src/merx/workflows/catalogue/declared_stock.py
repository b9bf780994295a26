"""The declared stock of a product's variants, by location."""

from collections.abc import Sequence
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import Problem, refuse
from merx.modules.inventory.ledger import NewLevel
from merx.modules.inventory.schemas import LevelInput
from merx.modules.product.declaration_schemas import DeclaredVariant
from merx.workflows.stock.stock_levels import Setting, create_levels, level_row, update_levels

# The items of the variants with these skus, each with its levels; a kit has several items.
_ITEMS = """
SELECT v.sku, link.inventory_item_id AS item_id, link.required_quantity AS required,
  ARRAY(SELECT l.location_id FROM inventory_level l
        WHERE l.inventory_item_id = link.inventory_item_id AND l.deleted_at IS NULL
        ORDER BY l.id) AS locations,
  ARRAY(SELECT l.stocked_quantity FROM inventory_level l
        WHERE l.inventory_item_id = link.inventory_item_id AND l.deleted_at IS NULL
        ORDER BY l.id) AS stocked
FROM product_variant v
JOIN product_variant_inventory_item link ON link.variant_id = v.id
WHERE v.product_id = $1 AND v.deleted_at IS NULL AND v.sku = ANY ($2::text[])"""


async def declare_stock(
    tx: Transaction, product_id: str, variants: Sequence[DeclaredVariant]
) -> None:
    """Set stocked quantities that differ; missing levels are created.

    Raises InvalidData for a variant with no item, several, or more than one of it: its stock is not
    a single number.
    """
    stocked = [(place, variant) for place, variant in enumerate(variants) if variant.stock]
    if not stocked:
        return
    records = await tx.fetch(_ITEMS, product_id, [variant.sku for _, variant in stocked])
    items: dict[str, list[Any]] = {variant.sku: [] for _, variant in stocked}
    for record in records:
        items[record["sku"]].append(record)
    _refuse_kits(items, stocked)
    new: list[NewLevel] = []
    paths: list[str] = []
    settings: list[Setting] = []
    for place, variant in stocked:
        [item] = items[variant.sku]
        levels = dict(zip(item["locations"], item["stocked"], strict=True))
        for at, stock in enumerate(variant.stock):
            quantity = stock.stocked_quantity
            if stock.location_id not in levels:
                level = LevelInput(location_id=stock.location_id)
                level.stocked_quantity = quantity
                new.append(level_row(item["item_id"], stock.location_id, level))
                paths.append(f"variants[{place}].stock[{at}]")
            elif levels[stock.location_id] != quantity:
                where = (item["item_id"], stock.location_id)
                values = {"stocked_quantity": quantity}
                settings.append(Setting(where, values, f"variants[{place}].stock[{at}]"))
    await create_levels(tx, new, paths)
    if settings:
        await update_levels(tx, settings)


def _refuse_kits(
    items: dict[str, list[Any]], stocked: Sequence[tuple[int, DeclaredVariant]]
) -> None:
    problems = [
        Problem(
            path=f"variants[{place}].stock",
            code="not_allowed",
            message=f"Variant {variant.sku} does not take one of one inventory item",
        )
        for place, variant in stocked
        if len(items[variant.sku]) != 1 or items[variant.sku][0]["required"] != 1
    ]
    refuse(problems)
