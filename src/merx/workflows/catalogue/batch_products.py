"""Deletes, updates and creates products in one transaction."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import NotFound, naming, refuse_repeated
from merx.modules.product.schemas import BatchProducts
from merx.modules.product.service import lock_products
from merx.modules.product.updates import ProductUpdate
from merx.workflows.catalogue.create_products import create_products
from merx.workflows.catalogue.delete_products import delete_products
from merx.workflows.catalogue.update_products import update_products


async def batch_products(tx: Transaction, batch: BatchProducts) -> tuple[list[str], list[str]]:
    """Delete, then update, then create; returns the ids of created and updated products in input
    order.

    A product that is deleted and updated in one call is deleted, as on the reference.
    """
    refuse_repeated(
        [(patch.id, f"update[{place}].id") for place, patch in enumerate(batch.update)],
        "Cannot update products more than once in one call: {}",
    )
    gone = set(batch.delete)
    updates = [
        ProductUpdate(patch.id, patch, f"update[{place}]")
        for place, patch in enumerate(batch.update)
        if patch.id not in gone
    ]
    updated = [one.id for one in updates]
    if batch.delete and updates:
        # Always in the same order, so two batches cannot deadlock.
        await lock_products(tx, [*batch.delete, *updated])
    await delete_products(tx, batch.delete)
    await update_products(tx, updates, _missing)
    changed = bool(batch.delete or updates)
    created = await create_products(tx, batch.create, at="create", after_changes=changed)
    return created, updated


def _missing(updates: Sequence[ProductUpdate]) -> NotFound:
    ids = [(one.id, f"{one.path}.id") for one in updates]
    return naming(ids, "Unable to update the products with ids: {}", NotFound)
