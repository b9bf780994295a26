"""Creates and changes collections, and changes their products."""

from collections.abc import Sequence

from merx.batch import Row, insert_rows, lock_rows, patch_row, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.hooks import changes, run_hooks, without_ids
from merx.core.ids import new_id
from merx.modules.product.group_schemas import CreateCollection, UpdateCollection
from merx.modules.product.handles import handle_from_name
from merx.modules.product.hooks import COLLECTIONS
from merx.modules.product.models import Product, ProductCollection
from merx.modules.product.product_links import no_such_entity
from merx.outbox import emit, emit_all


async def create_collections(tx: Transaction, drafts: Sequence[CreateCollection]) -> list[str]:
    """Create collections; returns their ids in the order of the drafts."""
    await run_hooks(tx, COLLECTIONS.creating, without_ids(drafts))
    rows = [_row(draft) for draft in drafts]
    await insert_rows(tx, ProductCollection.__table__, rows)
    ids: list[str] = [row["id"] for row in rows]
    await emit(tx, "product-collection.created", ids)
    await run_hooks(tx, COLLECTIONS.created, changes(ids, drafts))
    return ids


def _row(draft: CreateCollection) -> Row:
    handle = draft.handle or handle_from_name(draft.title)
    if not handle:
        raise InvalidData("Cannot set field 'handle' of Product collection to null")
    columns = draft.model_dump(exclude={"additional_data"})
    return {"id": new_id("pcol"), **columns, "handle": handle}


async def update_collection(tx: Transaction, collection_id: str, patch: UpdateCollection) -> None:
    """Change a collection; a new title does not change the handle."""
    change = changes([collection_id], [patch])
    await run_hooks(tx, COLLECTIONS.updating, change)
    columns = patch.model_dump(exclude_unset=True, exclude={"additional_data"})
    if not await patch_row(tx, ProductCollection.__table__, collection_id, columns):
        raise NotFound(f'Collection with id "{collection_id}" not found')
    await emit(tx, "product-collection.updated", [collection_id])
    await run_hooks(tx, COLLECTIONS.updated, change)


async def change_products(
    tx: Transaction,
    collection_id: str,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    unknown: NotFound,
) -> None:
    """Remove products from the collection, then add products, moving them from any other
    collection.

    Raises `unknown` if the collection does not exist, and NotFound naming missing products.
    Products are locked before the collection, as in changes of products.
    """
    records = await lock_rows(tx, Product.__table__, [*add, *remove], "collection_id")
    present = {record["id"]: record["collection_id"] for record in records}
    if not await lock_rows(tx, ProductCollection.__table__, [collection_id], shared=True):
        raise unknown
    missing = [(one, f"add[{place}]") for place, one in enumerate(add) if one not in present]
    if missing:
        raise no_such_entity("product_id", missing)
    leaving = [one for one in remove if present.get(one) == collection_id]
    patches: dict[str, dict[str, str | None]] = {one: {"collection_id": None} for one in leaving}
    patches |= {one: {"collection_id": collection_id} for one in add}
    changed = await update_rows(tx, Product.__table__, patches)
    await emit_all(
        tx, {"product-collection.updated": [collection_id], "product.updated": sorted(changed)}
    )
