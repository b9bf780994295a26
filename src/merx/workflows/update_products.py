"""Update a product: its columns, and as replacements its links, images, options and variants."""

from collections.abc import Sequence
from typing import Any

from merx.batch import Insert, insert_all, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.metadata import merge_metadata
from merx.modules.product.handles import is_handle
from merx.modules.product.models import Product, ProductImage
from merx.modules.product.schemas import (
    ImagePatch,
    ProductVariantPatch,
    UpdateProduct,
    VariantInput,
    as_new_variant,
)
from merx.outbox import emit_all
from merx.workflows.create_products import image_row, invalid_handle
from merx.workflows.create_variants import Draft, create_variants
from merx.workflows.delete_variants import delete_variants
from merx.workflows.hooks import NO_HOOKS, Hooks, run_hooks
from merx.workflows.product_links import LINKS, check_references, replace_links
from merx.workflows.product_options import replace_options
from merx.workflows.update_variants import refuse_repeats, update_variants

_NOT_COLUMNS = {*LINKS, "options", "option_ids", "variants", "images", "additional_data"}


async def update_product(
    tx: Transaction, product_id: str, patch: UpdateProduct, hooks: Hooks = NO_HOOKS
) -> None:
    """Change a product; keys that are left out keep their value, lists replace what was there."""
    given = patch.model_fields_set
    metadata = await _lock(tx, product_id)
    if patch.handle and not is_handle(patch.handle):
        raise InvalidData(invalid_handle(patch.handle))
    await check_references(tx, [patch])
    columns = {name: getattr(patch, name) for name in given if name not in _NOT_COLUMNS}
    if "metadata" in columns:
        columns["metadata"] = merge_metadata(metadata, columns["metadata"])
    await update_rows(tx, Product.__table__, {product_id: columns})
    for field in LINKS:
        if field in given:
            await replace_links(tx, field, {product_id: patch})
    if "images" in given:
        await _replace_images(tx, product_id, patch.images)
    kept = await _drop_variants(tx, product_id, patch) if "variants" in given else []
    if "option_ids" in given:
        await replace_options(tx, product_id, patch.option_ids)
    await _write_variants(tx, product_id, kept, patch)
    await emit_all(tx, {"product.updated": [product_id]})
    await run_hooks(tx, hooks.products_updated, [product_id], patch.additional_data)


async def _lock(tx: Transaction, product_id: str) -> dict[str, Any] | None:
    """Hold the product alone, so that its options stay; its metadata."""
    record = await tx.fetchrow(
        "SELECT metadata FROM product WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE",
        product_id,
    )
    if record is None:
        raise NotFound(f'Product with id "{product_id}" not found')
    return record["metadata"]


async def _replace_images(tx: Transaction, product_id: str, images: Sequence[ImagePatch]) -> None:
    records = await tx.fetch(
        "SELECT id FROM image WHERE product_id = $1 AND deleted_at IS NULL ORDER BY id FOR UPDATE",
        product_id,
    )
    present = {record[0] for record in records}
    named = [image.id for image in images if image.id is not None]
    unknown = [image_id for image_id in named if image_id not in present]
    if unknown:
        raise NotFound(f"Images with ids: {', '.join(unknown)} were not found on {product_id}")
    patches = {
        image.id: {"url": image.url, "rank": place}
        for place, image in enumerate(images)
        if image.id is not None
    }
    new = [
        image_row(product_id, image.url, place)
        for place, image in enumerate(images)
        if image.id is None
    ]
    await soft_delete_rows(tx, ProductImage.__table__, sorted(present - set(named)))
    await update_rows(tx, ProductImage.__table__, patches)
    await insert_all(tx, Insert(ProductImage.__table__, new))


async def _drop_variants(
    tx: Transaction, product_id: str, patch: UpdateProduct
) -> list[ProductVariantPatch]:
    """Delete the variants that the list leaves out; the patches of those that stay."""
    refuse_repeats([variant.id for variant in patch.variants], "variants")
    kept = [variant for variant in patch.variants if variant.id is not None]
    records = await tx.fetch(
        "SELECT id FROM product_variant WHERE product_id = $1 AND deleted_at IS NULL", product_id
    )
    named = {variant.id for variant in kept}
    await delete_variants(tx, product_id, [r[0] for r in records if r[0] not in named])
    return kept


async def _write_variants(
    tx: Transaction, product_id: str, kept: Sequence[ProductVariantPatch], patch: UpdateProduct
) -> None:
    patches = {variant.id: variant for variant in kept if variant.id}
    paths = {
        variant.id: f"variants[{place}]"
        for place, variant in enumerate(patch.variants)
        if variant.id
    }
    await update_variants(tx, product_id, patches, paths, after_changes=True)
    new: list[tuple[int, VariantInput]] = [
        (place, as_new_variant(variant))
        for place, variant in enumerate(patch.variants)
        if variant.id is None
    ]
    drafts = [Draft(product_id, variant, f"variants[{place}]") for place, variant in new]
    await create_variants(tx, drafts, after_changes=True)
