"""Soft-deletes variants with their prices, links and inventory items nobody else uses."""

from collections.abc import Sequence
from typing import Any

from merx.batch import lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, refuse_named
from merx.core.hooks import run_hooks, without_bodies
from merx.modules.inventory.models import InventoryItem
from merx.modules.inventory.service import remove_items
from merx.modules.pricing.models import Price, PriceSet
from merx.modules.product.hooks import VARIANTS
from merx.modules.product.models import ProductVariant
from merx.outbox import emit_all

_UNLINK = """
DELETE FROM product_variant_inventory_item link USING unnest($1::text[]) AS given(variant_id)
WHERE link.variant_id = given.variant_id RETURNING link.inventory_item_id"""

_UNUSED = """
SELECT given.id FROM unnest($1::text[]) AS given(id)
WHERE (SELECT link.id FROM product_variant_inventory_item link
       WHERE link.inventory_item_id = given.id LIMIT 1) IS NULL"""


async def delete_variants(tx: Transaction, product_id: str, ids: Sequence[str]) -> None:
    """Delete the product's variants among the ids; ids that do not exist are ignored.

    Raises InvalidData if a live variant belongs to another product, or if stock that would be
    deleted is reserved.
    """
    if not ids:
        return
    records = await lock_rows(tx, ProductVariant.__table__, ids, "product_id", "price_set_id")
    foreign = {record["id"] for record in records if record["product_id"] != product_id}
    refuse_named(
        [(given, f"delete[{place}]") for place, given in enumerate(ids) if given in foreign],
        "Variants with ids: {} belong to another product",
        InvalidData,
    )
    await _delete(tx, records)


async def drop_variants(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete variants of any products, which the caller has locked."""
    await _delete(tx, await lock_rows(tx, ProductVariant.__table__, ids, "price_set_id"))


async def _delete(tx: Transaction, records: Sequence[Any]) -> None:
    """Delete locked variants."""
    if not records:
        return
    ids: list[str] = [record["id"] for record in records]
    price_set_ids: list[str] = [record["price_set_id"] for record in records]
    gone = without_bodies(ids)
    await run_hooks(tx, VARIANTS.deleting, gone)
    items = await delete_left_items(tx, ids)
    await soft_delete_rows(tx, ProductVariant.__table__, ids)
    await soft_delete_rows(tx, PriceSet.__table__, price_set_ids)
    await soft_delete_rows(tx, Price.__table__, price_set_ids, by="price_set_id")
    await emit_all(tx, {"product-variant.deleted": ids, "inventory-item.deleted": items})
    await run_hooks(tx, VARIANTS.deleted, gone)


async def delete_left_items(tx: Transaction, variant_ids: list[str]) -> list[str]:
    """Unlink locked variants and delete the inventory items that no variant uses any more.

    This is checked after the item is locked, when any concurrent link or unlink has ended. Returns
    the ids of the deleted items.
    """
    linked = [record[0] for record in await tx.fetch(_UNLINK, variant_ids)]
    records = await lock_rows(tx, InventoryItem.__table__, linked, referable=True)
    locked = [record["id"] for record in records]
    unused = [record[0] for record in await tx.fetch(_UNUSED, locked)] if locked else []
    await remove_items(tx, unused)
    return unused
