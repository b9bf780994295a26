"""Soft-deletes products with their variants and everything that only they use."""

from collections.abc import Sequence

from merx.batch import Insert, SoftDelete, insert_all, lock_rows
from merx.core.database import Transaction
from merx.core.hooks import run_hooks, without_bodies
from merx.modules.product.hooks import PRODUCTS, VARIANTS
from merx.modules.product.models import Product, ProductImage
from merx.outbox import EventRow, event_rows
from merx.workflows.catalogue.delete_variants import remove_left_items, with_prices

# CASE tests whether a row is live, for the reason given in batch/changes.py.
_EXCLUSIVE_OPTIONS = """
WITH used AS (
  UPDATE product_product_option row SET deleted_at = now(), updated_at = now()
  FROM unnest($1::text[]) AS given(id)
  WHERE row.product_id = given.id AND CASE WHEN row.deleted_at IS NULL THEN true END
  RETURNING row.id, row.product_option_id),
offered AS (
  UPDATE product_product_option_value row SET deleted_at = now(), updated_at = now() FROM used
  WHERE row.product_product_option_id = used.id AND CASE WHEN row.deleted_at IS NULL THEN true END)
UPDATE product_option row SET deleted_at = now(), updated_at = now() FROM used
WHERE row.id = used.product_option_id AND row.is_exclusive
  AND CASE WHEN row.deleted_at IS NULL THEN true END"""


async def delete_products(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete the products among the ids; ids that do not exist are ignored.

    Raises InvalidData if stock that would be deleted is reserved.
    """
    found: list[str] = [record["id"] for record in await lock_rows(tx, Product.__table__, ids)]
    if not found:
        return
    variants = await tx.fetch(
        "SELECT id, price_set_id FROM product_variant"
        " WHERE product_id = ANY($1::text[]) AND deleted_at IS NULL ORDER BY id FOR UPDATE",
        found,
    )
    variant_ids: list[str] = [record["id"] for record in variants]
    set_ids: list[str] = [record["price_set_id"] for record in variants]
    gone, gone_variants = without_bodies(found), without_bodies(variant_ids)
    await run_hooks(tx, PRODUCTS.deleting, gone)
    await run_hooks(tx, VARIANTS.deleting, gone_variants)
    items, deletes = await remove_left_items(tx, variant_ids) if variant_ids else ([], [])
    await tx.execute(_EXCLUSIVE_OPTIONS, found)
    events = {
        "product.deleted": found,
        "product-variant.deleted": variant_ids,
        "inventory-item.deleted": items,
    }
    await insert_all(
        tx,
        Insert(EventRow.__table__, event_rows(events)),
        deletes=[
            *deletes,
            *with_prices(variant_ids, set_ids),
            SoftDelete(ProductImage.__table__, found, by="product_id"),
            SoftDelete(Product.__table__, found),
        ],
    )
    await run_hooks(tx, VARIANTS.deleted, gone_variants)
    await run_hooks(tx, PRODUCTS.deleted, gone)
