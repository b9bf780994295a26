"""Creates, changes, moves and deletes categories, and changes their products.

Changes to the shape of the tree are serialised across the shop: a category's rank depends on its
siblings, its path on all its ancestors. Such changes are rare and short.
"""

from collections.abc import Collection, Mapping, Sequence

from merx.batch import Row, insert_rows, update_rows
from merx.batch.members import change_members, delete_groups
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.hooks import changes, run_hooks, without_bodies, without_ids
from merx.core.ids import new_id
from merx.modules.product.categories import (
    TreePosition,
    bounds_below,
    changed_ranks,
    in_order,
    is_within,
    path_below,
    put_at,
)
from merx.modules.product.graph import CATEGORIES
from merx.modules.product.group_schemas import CreateProductCategory, UpdateProductCategory
from merx.modules.product.handles import handle_from_name
from merx.modules.product.hooks import CATEGORIES as SUBJECT
from merx.modules.product.models import ProductCategory
from merx.outbox import emit, emit_all

_CATEGORIES = ProductCategory.__table__
_NOT_COLUMNS = {"rank", "parent_category_id", "additional_data"}

# An arbitrary number that nothing else uses.
_TREE = 4_301_776_002

# The categories with these ids and their children, optionally the top-level ones, and the branch
# between two paths. They are locked in id order: a product locks its categories in the same order,
# so the two cannot deadlock.
_FAMILY = """
SELECT id, parent_category_id, rank, mpath FROM product_category
WHERE (id = ANY($1::text[]) OR parent_category_id = ANY($1::text[])
       OR ($2 AND parent_category_id IS NULL) OR (mpath ~>=~ $3 AND mpath ~<~ $4))
  AND deleted_at IS NULL
ORDER BY id FOR NO KEY UPDATE"""

_PLACE = """
SELECT id, parent_category_id, rank, mpath FROM product_category
WHERE id = $1 AND deleted_at IS NULL"""

_MOVE_BRANCH = """
UPDATE product_category SET mpath = $1 || substr(mpath, length($2) + 1), updated_at = now()
WHERE mpath ~>=~ $3 AND mpath ~<~ $4"""


async def create_categories(tx: Transaction, drafts: Sequence[CreateProductCategory]) -> list[str]:
    """Create categories; returns their ids in the order of the drafts.

    Raises NotFound if a parent does not exist.
    """
    await run_hooks(tx, SUBJECT.creating, without_ids(drafts))
    await hold_tree(tx)
    places = await _family(tx, {draft.parent_category_id for draft in drafts})
    ids = [new_id("pcat") for _ in drafts]
    ranks = _ranks_with(places, dict(zip(ids, drafts, strict=True)))
    rows = [
        _row(category_id, draft, places, ranks.pop(category_id))
        for category_id, draft in zip(ids, drafts, strict=True)
    ]
    await insert_rows(tx, _CATEGORIES, rows)
    await _write_ranks(tx, ranks)
    await emit(tx, "product-category.created", ids)
    await run_hooks(tx, SUBJECT.created, changes(ids, drafts))
    return ids


async def update_category(
    tx: Transaction,
    category_id: str,
    patch: UpdateProductCategory,
    *,
    unknown: NotFound,
) -> None:
    """Change a category, and move it with its descendants if its parent or rank is given.

    Raises `unknown` if it does not exist, NotFound without the parent, and InvalidData if the
    parent is below the category. Metadata is replaced, not merged, as on the reference.
    """
    change = changes([category_id], [patch])
    await run_hooks(tx, SUBJECT.updating, change)
    columns = patch.model_dump(exclude_unset=True, exclude=_NOT_COLUMNS)
    if patch.model_fields_set & {"rank", "parent_category_id"}:
        columns |= await _move(tx, category_id, patch, unknown)
    if not await update_rows(tx, _CATEGORIES, {category_id: columns}):
        raise unknown
    await emit(tx, "product-category.updated", [category_id])
    await run_hooks(tx, SUBJECT.updated, change)


async def delete_category(tx: Transaction, category_id: str) -> None:
    """Delete a category and close the gap in its siblings' ranks.

    Raises NotFound if it does not exist, NotAllowed if it has children.
    """
    await hold_tree(tx)
    place = await _place(tx, category_id)
    if place is None:
        raise NotFound(f"ProductCategory with id: {category_id} was not found")
    places = await _family(tx, {place.parent_id, category_id})
    if in_order(places.values(), category_id):
        raise NotAllowed(
            f"Deleting ProductCategory ({category_id}) with category children is not allowed"
        )
    gone = without_bodies([category_id])
    await run_hooks(tx, SUBJECT.deleting, gone)
    await delete_groups(tx, CATEGORIES.back, [category_id])
    siblings = [one for one in in_order(places.values(), place.parent_id) if one != category_id]
    await _write_ranks(tx, changed_ranks(siblings, places))
    await emit(tx, "product-category.deleted", [category_id])
    await run_hooks(tx, SUBJECT.deleted, gone)


async def change_products(
    tx: Transaction, category_id: str, *, add: Sequence[str], remove: Sequence[str]
) -> None:
    """Add products to the category and remove products; one in both lists is removed.

    Raises NotFound if the category or a product does not exist.
    """
    unknown = NotFound(
        f"You tried to set relationship product_category_id: {category_id},"
        " but such entity does not exist"
    )
    come = [product_id for product_id in add if product_id not in set(remove)]
    products = await change_members(
        tx, CATEGORIES.back, category_id, add=come, remove=remove, unknown=unknown
    )
    await emit_all(tx, {"product-category.updated": [category_id], "product.updated": products})


async def hold_tree(tx: Transaction) -> None:
    """Serialise changes to the shape of the tree until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _TREE)


async def _place(tx: Transaction, category_id: str) -> TreePosition | None:
    record = await tx.fetchrow(_PLACE, category_id)
    return TreePosition(*record) if record else None


async def _family(
    tx: Transaction, parents: Collection[str | None], branch: str = ""
) -> dict[str, TreePosition]:
    """The parents with their children and the branch below a path, locked until the end.

    None stands for the top of the tree. Raises NotFound if a parent does not exist.
    """
    ids = [parent_id for parent_id in parents if parent_id is not None]
    bounds = bounds_below(branch) if branch else ("", "")
    records = await tx.fetch(_FAMILY, ids, None in parents, *bounds)
    places = {record["id"]: TreePosition(*record) for record in records}
    for parent_id in sorted(ids):
        if parent_id not in places:
            raise NotFound(f"Parent category with id: '{parent_id}' does not exist")
    return places


def _ranks_with(
    places: Mapping[str, TreePosition], drafts: Mapping[str, CreateProductCategory]
) -> dict[str, int]:
    """The ranks of new categories, and the changed ranks of their siblings."""
    orders: dict[str | None, list[str]] = {}
    for category_id, draft in drafts.items():
        parent_id = draft.parent_category_id
        order = orders.get(parent_id) or in_order(places.values(), parent_id)
        orders[parent_id] = put_at(order, category_id, draft.wanted_rank)
    ranks = [changed_ranks(order, places) for order in orders.values()]
    return {category_id: rank for some in ranks for category_id, rank in some.items()}


def _row(
    category_id: str, draft: CreateProductCategory, places: Mapping[str, TreePosition], rank: int
) -> Row:
    parent = places[draft.parent_category_id] if draft.parent_category_id is not None else None
    return {
        "id": category_id,
        **draft.model_dump(exclude={"additional_data"}),
        "handle": draft.handle or handle_from_name(draft.name),
        "mpath": path_below(parent, category_id),
        "rank": rank,
    }


async def _move(
    tx: Transaction, category_id: str, patch: UpdateProductCategory, unknown: NotFound
) -> Row:
    """Move the category; returns the columns to set in its row."""
    await hold_tree(tx)
    place = await _place(tx, category_id)
    if place is None:
        raise unknown
    moves = "parent_category_id" in patch.model_fields_set
    parent_id = patch.parent_category_id if moves else place.parent_id
    if parent_id == place.parent_id and patch.wanted_rank is None:
        return {}
    branch = place.mpath if parent_id != place.parent_id else ""
    places = await _family(tx, {place.parent_id, parent_id}, branch)
    parent = places[parent_id] if parent_id is not None else None
    if parent and is_within(parent, category_id):
        raise InvalidData(f"Category {category_id} cannot be moved below itself")
    ranks = changed_ranks(
        put_at(in_order(places.values(), parent_id), category_id, patch.wanted_rank), places
    )
    if parent_id != place.parent_id:
        left = [one for one in in_order(places.values(), place.parent_id) if one != category_id]
        ranks = changed_ranks(left, places) | ranks
    path = path_below(parent, category_id)
    if branch:
        await tx.execute(_MOVE_BRANCH, path, place.mpath, *bounds_below(place.mpath))
    rank = ranks.pop(category_id, place.rank)
    await _write_ranks(tx, ranks)
    return {"parent_category_id": parent_id, "mpath": path, "rank": rank}


async def _write_ranks(tx: Transaction, ranks: Mapping[str, int]) -> None:
    await update_rows(
        tx, _CATEGORIES, {category_id: {"rank": rank} for category_id, rank in ranks.items()}
    )
