"""Delete variants softly, with their prices, links and the inventory items nobody else uses."""

from collections.abc import Sequence

from merx.batch import delete_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.modules.inventory.models import InventoryItem, InventoryLevel
from merx.modules.pricing.models import Price, PriceSet
from merx.modules.product.models import ProductVariant, ProductVariantInventoryItem
from merx.outbox import emit_all

# The items whose every variant is among those that go, locked so that no reservation slips in.
_LEFT_ITEMS = """
SELECT i.id FROM inventory_item i
WHERE i.deleted_at IS NULL
  AND i.id IN (SELECT l.inventory_item_id FROM product_variant_inventory_item l
               WHERE l.variant_id = ANY($1::text[]))
  AND NOT EXISTS (SELECT 1 FROM product_variant_inventory_item l
                  WHERE l.inventory_item_id = i.id AND NOT l.variant_id = ANY($1::text[]))
ORDER BY i.id FOR UPDATE"""

_RESERVED = """
SELECT DISTINCT inventory_item_id FROM reservation_item
WHERE inventory_item_id = ANY($1::text[]) AND deleted_at IS NULL AND quantity > 0 ORDER BY 1"""


async def delete_variants(tx: Transaction, product_id: str, ids: Sequence[str]) -> None:
    """Delete the product's variants among the ids; ids that nobody has are passed over.

    Raises InvalidData when a live variant belongs to another product, or when stock that would
    go with the variants is reserved.
    """
    if not ids:
        return
    records = await tx.fetch(
        "SELECT id, product_id, price_set_id FROM product_variant"
        " WHERE id = ANY($1::text[]) AND deleted_at IS NULL ORDER BY id FOR UPDATE",
        list(ids),
    )
    foreign = {record["id"] for record in records if record["product_id"] != product_id}
    if foreign:
        named = ", ".join(dict.fromkeys(given for given in ids if given in foreign))
        raise InvalidData(f"Variants with ids: {named} belong to another product")
    if records:
        await _delete(
            tx, [record["id"] for record in records], [record["price_set_id"] for record in records]
        )


async def _delete(tx: Transaction, ids: list[str], price_set_ids: list[str]) -> None:
    items = await delete_left_items(tx, ids)
    await delete_rows(tx, ProductVariantInventoryItem.__table__, "variant_id", ids)
    await soft_delete_rows(tx, ProductVariant.__table__, ids)
    await soft_delete_rows(tx, PriceSet.__table__, price_set_ids)
    await soft_delete_rows(tx, Price.__table__, price_set_ids, by="price_set_id")
    await emit_all(tx, {"product-variant.deleted": ids, "inventory-item.deleted": items})


async def delete_left_items(tx: Transaction, variant_ids: list[str]) -> list[str]:
    """Delete the inventory items that only these variants use; the ids of the items."""
    items: list[str] = [record[0] for record in await tx.fetch(_LEFT_ITEMS, variant_ids)]
    if not items:
        return []
    await refuse_reserved(tx, items)
    await soft_delete_rows(tx, InventoryItem.__table__, items)
    await soft_delete_rows(tx, InventoryLevel.__table__, items, by="inventory_item_id")
    return items


async def refuse_reserved(tx: Transaction, items: list[str]) -> None:
    """Raise when some of the locked items are reserved."""
    reserved = [record[0] for record in await tx.fetch(_RESERVED, items)]
    if reserved:
        raise InvalidData(
            "Cannot remove following inventory item(s) since they have reservations:"
            f" [{', '.join(reserved)}]."
        )
