"""The inventory of variants: items created for them, and links to their items."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from merx.batch import Insert, Row, delete_rows, explained, insert_all
from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, naming
from merx.core.ids import new_id
from merx.modules.inventory.models import InventoryItem
from merx.modules.inventory.service import find_sku_clashes, find_unlinked_items
from merx.modules.product.models import ProductVariantInventoryItem
from merx.modules.product.service import clashing
from merx.modules.product.updates import LockedUpdate

# Columns that a variant shares with its automatically created inventory item.
_SHARED = (
    *("sku", "origin_country", "hs_code", "mid_code", "material"),
    *("weight", "length", "height", "width"),
)


def item_for_variant(variant: Any) -> Row:
    """The inventory item created for a variant that names none."""
    return {
        "id": new_id("iitem"),
        **{name: variant[name] for name in _SHARED},
        "title": variant["title"],
        "description": variant["title"],
    }


def link_row(variant_id: str, item_id: str, quantity: Any) -> Row:
    """The row of a link between a variant and an inventory item."""
    return {
        "id": new_id("pvitem"),
        "variant_id": variant_id,
        "inventory_item_id": item_id,
        "required_quantity": quantity,
    }


def missing_items(missing: Sequence[tuple[str, str]]) -> InvalidData | None:
    """The reference's message for ids, each with its path, of missing inventory items."""
    if not missing:
        return None
    return naming(missing, "Inventory Items with ids: {} was not found", InvalidData)


_WITHOUT_ITEMS = """
SELECT v.* FROM product_variant v WHERE v.id = ANY($1::text[]) AND NOT EXISTS (
  SELECT 1 FROM product_variant_inventory_item i WHERE i.variant_id = v.id AND i.deleted_at IS NULL)
ORDER BY v.id"""


async def switch_inventory(tx: Transaction, updates: Sequence[LockedUpdate]) -> list[str]:
    """Link variants that start to manage stock, unlink those that stop; returns the ids of new
    items.

    Variants that already have items keep those: a second one would bring their quantity to 0.
    """
    switched = [
        one for one in updates if one.patch.manage_inventory != one.present.manage_inventory
    ]
    stopped = [one.id for one in switched if not one.patch.manage_inventory]
    await delete_rows(tx, ProductVariantInventoryItem.__table__, "variant_id", stopped)
    begun = {one.id: one for one in switched if one.patch.manage_inventory}
    if not begun:
        return []
    variants = await tx.fetch(_WITHOUT_ITEMS, list(begun))
    by_sku = [v for v in variants if begun[v["id"]].patch.link_inventory_by_sku]
    linked = await _link_by_sku(tx, by_sku)
    unlinked = [(v, begun[v["id"]].path) for v in variants if v["id"] not in linked]
    return await _make_items(tx, unlinked)


async def _link_by_sku(tx: Transaction, variants: Sequence[Any]) -> set[str]:
    """Link variants to items with their sku that no variant uses.

    Returns the ids of those linked.
    """
    items = await find_unlinked_items(tx, [v["sku"] for v in variants if v["sku"]])
    links = [link_row(v["id"], items[v["sku"]], 1) for v in variants if v["sku"] in items]
    await insert_all(tx, Insert(ProductVariantInventoryItem.__table__, links))
    return {link["variant_id"] for link in links}


async def _make_items(tx: Transaction, variants: Sequence[tuple[Any, str]]) -> list[str]:
    """Make an item for each variant, given with its path in the request; returns their ids."""
    item_paths = [path for _, path in variants]
    items = [item_for_variant(variant) for variant, _ in variants]
    skus = [item["sku"] for item in items]
    links = [
        link_row(variant["id"], item["id"], 1)
        for (variant, _), item in zip(variants, items, strict=True)
    ]
    async with explained(tx, partial(_explain_items, skus, item_paths), after_changes=True):
        await insert_all(
            tx,
            Insert(InventoryItem.__table__, items),
            Insert(ProductVariantInventoryItem.__table__, links),
        )
    return [item["id"] for item in items]


async def _explain_items(
    skus: Sequence[str | None], paths: Sequence[str], connection: Transaction
) -> MerxError:
    return clashing(await find_sku_clashes(connection, skus, paths))
