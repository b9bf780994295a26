"""Deletes, updates and creates variants of one product in one transaction."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.modules.product.schemas import (
    BatchVariants,
    VariantInput,
)
from merx.modules.product.service import HeldVariants, hold_variants, lock_product
from merx.modules.product.updates import VariantUpdate
from merx.workflows.catalogue.create_variants import Draft, create_variants
from merx.workflows.catalogue.delete_variants import delete_variants
from merx.workflows.catalogue.update_variants import refuse_repeats, update_variants


async def batch_variants(
    tx: Transaction, product_id: str, batch: BatchVariants
) -> tuple[list[str], list[str]]:
    """Delete, then update, then create; returns the ids of created and updated variants in input
    order.

    A variant that is deleted and updated in one call is deleted, as on the reference.
    """
    held = await _hold(tx, product_id, batch)
    refuse_repeats([(patch.id, f"update[{place}].id") for place, patch in enumerate(batch.update)])
    gone = set(batch.delete)
    updates = [
        VariantUpdate(patch.id, product_id, patch, f"update[{place}]")
        for place, patch in enumerate(batch.update)
        if patch.id not in gone
    ]
    updated = [one.id for one in updates]
    await delete_variants(tx, held, batch.delete)
    await update_variants(tx, updates, held=held.own, after_changes=bool(batch.delete))
    await _hand_over_skus(tx, updates, batch.create)
    drafts = [
        Draft(product_id, variant, f"create[{place}]") for place, variant in enumerate(batch.create)
    ]
    changed = bool(batch.delete or updates)
    created = await create_variants(tx, drafts, after_changes=changed)
    return created, updated


# An inventory item keeps its sku when its variant changes, as on the reference. Only if a new
# variant of the same call takes over the sku does the item follow its own variant.
_FOLLOW = """
UPDATE inventory_item item SET sku = variant.sku, updated_at = now()
FROM unnest($2::text[]) AS taken(sku), product_variant_inventory_item link, product_variant variant
WHERE item.sku = taken.sku AND item.deleted_at IS NULL AND link.inventory_item_id = item.id
  AND variant.id = link.variant_id AND variant.sku IS DISTINCT FROM item.sku
  AND EXISTS (SELECT 1 FROM unnest($1::text[]) AS changed(id) WHERE changed.id = variant.id)
  AND NOT EXISTS (SELECT 1 FROM product_variant_inventory_item other
                  WHERE other.inventory_item_id = item.id AND other.variant_id <> variant.id)"""


async def _hand_over_skus(
    tx: Transaction, updates: Sequence[VariantUpdate], new: Sequence[VariantInput]
) -> None:
    changed = [one.id for one in updates if one.gives("sku")]
    taken = [variant.sku for variant in new if variant.sku is not None]
    if changed and taken:
        await tx.execute(_FOLLOW, changed, taken)


async def _hold(tx: Transaction, product_id: str, batch: BatchVariants) -> HeldVariants:
    """Lock the product, and all variants at once in id order: locked list by list, two batches
    could deadlock.
    """
    named = [*batch.delete, *(patch.id for patch in batch.update)]
    if named:
        return await hold_variants(tx, product_id, named, to_delete=bool(batch.delete))
    await lock_product(tx, product_id, missing_product(product_id) if batch.create else "")
    return HeldVariants()


def missing_product(product_id: str) -> str:
    """The reference's message for a new variant whose product does not exist."""
    return f"You tried to set relationship product_id: {product_id}, but such entity does not exist"
