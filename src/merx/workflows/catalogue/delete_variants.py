"""Soft-deletes variants with their prices, links and inventory items nobody else uses."""

from collections.abc import Sequence

from merx.batch import Insert, SoftDelete, insert_all, lock_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, refuse_named
from merx.core.hooks import run_hooks, without_bodies
from merx.modules.inventory.service import WITH_REST, ItemWithRest, remove_rest
from merx.modules.pricing.models import Price, PriceSet
from merx.modules.product.hooks import VARIANTS
from merx.modules.product.models import ProductVariant
from merx.modules.product.service import HeldVariants
from merx.outbox import EventRow, event_rows

# Items are locked in id order.
_UNLINK = """
WITH unlinked AS (
  DELETE FROM product_variant_inventory_item link USING unnest($1::text[]) AS given(variant_id)
  WHERE link.variant_id = given.variant_id RETURNING link.inventory_item_id)
SELECT item.id FROM (
  SELECT id FROM (SELECT DISTINCT inventory_item_id AS id FROM unlinked) used
  ORDER BY id COLLATE "C") given
CROSS JOIN LATERAL (
  SELECT * FROM inventory_item i WHERE i.id = given.id FOR NO KEY UPDATE OFFSET 0) item
WHERE item.deleted_at IS NULL"""

_UNUSED = f"""{WITH_REST}
WHERE (SELECT link.id FROM product_variant_inventory_item link
       WHERE link.inventory_item_id = given.id LIMIT 1) IS NULL"""


async def delete_variants(tx: Transaction, held: HeldVariants, ids: Sequence[str]) -> None:
    """Delete the variants among the ids, which the caller has locked with their product; ids that
    do not exist are ignored.

    Raises InvalidData if a live variant belongs to another product, or if stock that would be
    deleted is reserved.
    """
    refuse_named(
        [(given, f"delete[{place}]") for place, given in enumerate(ids) if given in held.foreign],
        "Variants with ids: {} belong to another product",
        InvalidData,
    )
    await _delete(
        tx, [(given, held.own[given].price_set_id) for given in sorted(set(ids) & held.own.keys())]
    )


async def drop_variants(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete variants of any products, which the caller has locked."""
    records = await lock_rows(tx, ProductVariant.__table__, ids, "price_set_id")
    await _delete(tx, [(record["id"], record["price_set_id"]) for record in records])


def with_prices(variant_ids: Sequence[str], price_set_ids: Sequence[str]) -> list[SoftDelete]:
    """The deletion of variants and their prices."""
    return [
        SoftDelete(ProductVariant.__table__, variant_ids),
        SoftDelete(PriceSet.__table__, price_set_ids),
        SoftDelete(Price.__table__, price_set_ids, by="price_set_id"),
    ]


async def _delete(tx: Transaction, variants: Sequence[tuple[str, str | None]]) -> None:
    """Delete locked variants, given with their price sets."""
    if not variants:
        return
    ids = [variant_id for variant_id, _ in variants]
    price_set_ids = [set_id for _, set_id in variants if set_id is not None]
    gone = without_bodies(ids)
    await run_hooks(tx, VARIANTS.deleting, gone)
    items, deletes = await remove_left_items(tx, ids)
    events = {"product-variant.deleted": ids, "inventory-item.deleted": items}
    await insert_all(
        tx,
        Insert(EventRow.__table__, event_rows(events)),
        deletes=[*deletes, *with_prices(ids, price_set_ids)],
    )
    await run_hooks(tx, VARIANTS.deleted, gone)


async def remove_left_items(
    tx: Transaction, variant_ids: list[str]
) -> tuple[list[str], list[SoftDelete]]:
    """Unlink locked variants and delete the inventory items that no variant uses any more.

    This is checked after the item is locked, when any concurrent link or unlink has ended. Returns
    the ids of those items, and what is left to delete.
    """
    locked = [record[0] for record in await tx.fetch(_UNLINK, variant_ids)]
    if not locked:
        return [], []
    unused = [ItemWithRest(*record) for record in await tx.fetch(_UNUSED, locked)]
    return [item.id for item in unused], await remove_rest(tx, unused)
