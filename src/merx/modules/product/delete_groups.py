"""Deletes collections and types, and removes their products from them."""

from collections.abc import Sequence

from merx.batch import lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.hooks import run_hooks, without_bodies
from merx.modules.product.hooks import COLLECTIONS
from merx.modules.product.models import ProductCollection, ProductType
from merx.outbox import emit_all

# Products are locked in id order, as everywhere.
_LEAVE = """
WITH held AS MATERIALIZED (
  SELECT id FROM product WHERE {column} = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE)
UPDATE product SET {column} = NULL, updated_at = now() FROM held WHERE product.id = held.id
RETURNING product.id"""
_LEAVE_COLLECTIONS = _LEAVE.format(column="collection_id")
_LEAVE_TYPES = _LEAVE.format(column="type_id")


async def delete_collections(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete collections; ids that do not exist are ignored."""
    collections = ProductCollection.__table__
    left = [record[0] for record in await tx.fetch(_LEAVE_COLLECTIONS, list(ids))]
    found = without_bodies(record["id"] for record in await lock_rows(tx, collections, ids))
    await run_hooks(tx, COLLECTIONS.deleting, found)
    gone = await soft_delete_rows(tx, collections, ids)
    # Products added while waiting for the collection's lock.
    left += [record[0] for record in await tx.fetch(_LEAVE_COLLECTIONS, list(ids))]
    await _tell(tx, "product-collection.deleted", gone, left)
    await run_hooks(tx, COLLECTIONS.deleted, found)


async def delete_types(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete types; ids that do not exist are ignored."""
    left = [record[0] for record in await tx.fetch(_LEAVE_TYPES, list(ids))]
    gone = await soft_delete_rows(tx, ProductType.__table__, ids)
    left += [record[0] for record in await tx.fetch(_LEAVE_TYPES, list(ids))]
    await _tell(tx, "product-type.deleted", gone, left)


async def _tell(tx: Transaction, event: str, gone: list[str], left: list[str]) -> None:
    events = {event: gone, "product.updated": sorted(left)}
    await emit_all(tx, {name: ids for name, ids in events.items() if ids})
