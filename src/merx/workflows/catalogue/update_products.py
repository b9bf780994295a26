"""Updates products: their columns, and by replacement their links, images, options and variants."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
from merx.modules.product.schemas import (
    ProductPatch,
    ProductVariantPatch,
    UpdateProduct,
    as_new_variant,
)
from merx.modules.product.service import lock_products
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

Patches = Mapping[str, ProductPatch]
Paths = Mapping[str, str]


async def update_product(tx: Transaction, product_id: str, patch: UpdateProduct) -> None:
    """Change one product; raises the errors of `update_products`."""

    def missing(_: Sequence[str]) -> NotFound:
        return NotFound(f'Product with id "{product_id}" not found')

    await update_products(tx, {product_id: patch}, {product_id: ""}, missing)


async def update_products(
    tx: Transaction,
    patches: Patches,
    paths: Paths,
    missing: Callable[[Sequence[str]], MerxError],
) -> None:
    """Change products; omitted keys keep their value, given lists replace the old ones.

    Raises the error of `missing` for ids that do not exist, InvalidData naming every bad row by its
    path in the request (`paths`: product id → path).
    """
    if not patches:
        return
    present = await lock_products(tx, patches)
    absent = [product_id for product_id in patches if product_id not in present]
    if absent:
        raise missing(absent)
    rows = changes(patches, patches.values())
    await run_hooks(tx, PRODUCTS.updating, rows)
    await check_references(tx, [(paths[given], patch) for given, patch in patches.items()])
    await _change_columns(tx, patches, present, paths)
    for field in LINKS:
        await replace_links(tx, field, _giving(patches, field))
    imaged = _giving(patches, "images")
    await replace_images(tx, {given: patch.images for given, patch in imaged.items()}, paths)
    await _drop_variants(tx, _giving(patches, "variants"), paths)
    opted = _giving(patches, "option_ids")
    await replace_options(tx, {given: patch.option_ids for given, patch in opted.items()}, paths)
    await _write_variants(tx, _giving(patches, "variants"), paths)
    await emit_all(tx, {"product.updated": list(patches)})
    await run_hooks(tx, PRODUCTS.updated, rows)


def _giving(patches: Patches, field: str) -> dict[str, ProductPatch]:
    """The patches that contain the field."""
    return {given: patch for given, patch in patches.items() if field in patch.model_fields_set}


async def _change_columns(
    tx: Transaction,
    patches: Patches,
    present: Mapping[str, Row | None],
    paths: Paths,
) -> None:
    changes: dict[str, dict[str, Any]] = {}
    for product_id, patch in patches.items():
        given = patch.model_fields_set - _NOT_COLUMNS
        columns = {name: getattr(patch, name) for name in given}
        if columns.get("is_giftcard"):
            columns["discountable"] = False
        if "metadata" in columns:
            columns["metadata"] = merge_metadata(
                present[product_id], columns["metadata"], MOST_BYTES
            )
        changes[product_id] = columns
    handles = {
        product_id: (patch.handle, paths[product_id])
        for product_id, patch in _giving(patches, "handle").items()
    }
    check_handles(list(handles.values()))
    if len(handles) > 1:
        # A unique index is checked row by row: a swap would collide with itself.
        freed = {product_id: {"handle": product_id} for product_id in handles}
        await update_rows(tx, Product.__table__, freed)
    async with handles_explained(tx, handles, after_changes=len(handles) > 1):
        await update_rows(tx, Product.__table__, changes)


async def _drop_variants(tx: Transaction, patches: Patches, paths: Paths) -> None:
    """Delete the variants that the products' lists leave out."""
    for product_id, patch in patches.items():
        at = below(paths[product_id], "variants")
        refuse_repeats([variant.id for variant in patch.variants], at)
    named = {variant.id for patch in patches.values() for variant in patch.variants}
    records = await tx.fetch(_VARIANTS, list(patches)) if patches else []
    gone: list[str] = [record[0] for record in records if record[0] not in named]
    if gone:
        await drop_variants(tx, gone)


async def _write_variants(tx: Transaction, patches: Patches, paths: Paths) -> None:
    """Change the variants given with their id, and create the others."""
    kept: dict[str, ProductVariantPatch] = {}
    owners: dict[str, str] = {}
    row_paths: dict[str, str] = {}
    drafts: list[Draft] = []
    for product_id, patch in patches.items():
        for place, variant in enumerate(patch.variants):
            path = below(paths[product_id], f"variants[{place}]")
            if not variant.id:
                drafts.append(Draft(product_id, as_new_variant(variant), path))
            else:
                kept[variant.id], owners[variant.id] = variant, product_id
                row_paths[variant.id] = path
    await update_variants(tx, owners, kept, row_paths, after_changes=True)
    await create_variants(tx, drafts, after_changes=True)
