"""Updates products: their columns, and by replacement their links, images, options and variants."""

from collections.abc import Callable, Mapping, Sequence

from merx.batch import Row, update_rows
from merx.core.database import Transaction
from merx.core.errors import MerxError, NotFound, below
from merx.core.hooks import changes, run_hooks
from merx.core.metadata import MOST_BYTES, merge_metadata
from merx.modules.product.hooks import PRODUCTS
from merx.modules.product.models import Product
from merx.modules.product.offered_options import replace_options
from merx.modules.product.product_handles import check_handles, handles_explained
from merx.modules.product.product_images import replace_images
from merx.modules.product.product_links import LINKS, check_references, replace_links
from merx.modules.product.schemas import UpdateProduct, as_new_variant
from merx.modules.product.service import lock_products
from merx.modules.product.updates import ProductUpdate, VariantUpdate
from merx.outbox import emit_all
from merx.workflows.catalogue.create_variants import Draft, create_variants
from merx.workflows.catalogue.delete_variants import drop_variants
from merx.workflows.catalogue.update_variants import refuse_repeats, update_variants

_NOT_COLUMNS = {*LINKS, "id", "options", "option_ids", "variants", "images", "additional_data"}

_VARIANTS = """
SELECT v.id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (
  SELECT * FROM product_variant p WHERE p.product_id = given.id OFFSET 0) v
WHERE v.deleted_at IS NULL"""


async def update_product(tx: Transaction, product_id: str, patch: UpdateProduct) -> None:
    """Change one product; raises the errors of `update_products`."""

    def missing(_: Sequence[ProductUpdate]) -> NotFound:
        return NotFound(f'Product with id "{product_id}" not found')

    await update_products(tx, [ProductUpdate(product_id, patch, "")], missing)


async def update_products(
    tx: Transaction,
    updates: Sequence[ProductUpdate],
    missing: Callable[[Sequence[ProductUpdate]], MerxError],
) -> None:
    """Change products; omitted keys keep their value, given lists replace the old ones.

    Raises the error of `missing` for those that do not exist, InvalidData naming every bad row by
    its path in the request.
    """
    if not updates:
        return
    ids = [one.id for one in updates]
    present = await lock_products(tx, ids)
    absent = [one for one in updates if one.id not in present]
    if absent:
        raise missing(absent)
    rows = changes(ids, [one.patch for one in updates])
    await run_hooks(tx, PRODUCTS.updating, rows)
    await check_references(tx, [(one.path, one.patch) for one in updates])
    await _change_columns(tx, updates, present)
    for field in LINKS:
        await replace_links(tx, field, {one.id: one.patch for one in _giving(updates, field)})
    await replace_images(tx, _giving(updates, "images"))
    await _drop_variants(tx, _giving(updates, "variants"))
    await replace_options(tx, _giving(updates, "option_ids"))
    await _write_variants(tx, _giving(updates, "variants"))
    await emit_all(tx, {"product.updated": ids})
    await run_hooks(tx, PRODUCTS.updated, rows)


def _giving(updates: Sequence[ProductUpdate], field: str) -> list[ProductUpdate]:
    """Those whose patch contains the field."""
    return [one for one in updates if field in one.patch.model_fields_set]


async def _change_columns(
    tx: Transaction, updates: Sequence[ProductUpdate], present: Mapping[str, Row | None]
) -> None:
    changes: dict[str, Row] = {}
    for one in updates:
        given = one.patch.model_fields_set - _NOT_COLUMNS
        columns = {name: getattr(one.patch, name) for name in given}
        if columns.get("is_giftcard"):
            columns["discountable"] = False
        if "metadata" in columns:
            columns["metadata"] = merge_metadata(present[one.id], columns["metadata"], MOST_BYTES)
        changes[one.id] = columns
    handles = {one.id: (one.patch.handle, one.path) for one in _giving(updates, "handle")}
    check_handles(list(handles.values()))
    if len(handles) > 1:
        # A unique index is checked row by row: a swap would collide with itself.
        freed = {product_id: {"handle": product_id} for product_id in handles}
        await update_rows(tx, Product.__table__, freed)
    async with handles_explained(tx, handles, after_changes=len(handles) > 1):
        await update_rows(tx, Product.__table__, changes)


async def _drop_variants(tx: Transaction, updates: Sequence[ProductUpdate]) -> None:
    """Delete the variants that the products' lists leave out."""
    given = [
        (variant.id, below(one.path, f"variants[{place}].id"))
        for one in updates
        for place, variant in enumerate(one.patch.variants)
        if variant.id
    ]
    refuse_repeats(given)
    named = {variant_id for variant_id, _ in given}
    records = await tx.fetch(_VARIANTS, [one.id for one in updates]) if updates else []
    gone: list[str] = [record[0] for record in records if record[0] not in named]
    if gone:
        await drop_variants(tx, gone)


async def _write_variants(tx: Transaction, updates: Sequence[ProductUpdate]) -> None:
    """Change the variants given with their id, and create the others."""
    kept: dict[str, VariantUpdate] = {}
    drafts: list[Draft] = []
    for one in updates:
        for place, variant in enumerate(one.patch.variants):
            path = below(one.path, f"variants[{place}]")
            if variant.id:
                kept[variant.id] = VariantUpdate(variant.id, one.id, variant, path)
            else:
                drafts.append(Draft(one.id, as_new_variant(variant), path))
    await update_variants(tx, list(kept.values()), after_changes=True)
    await create_variants(tx, drafts, after_changes=True)
