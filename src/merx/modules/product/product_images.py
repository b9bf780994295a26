"""Images of products, and which of them show a variant in particular."""

from collections.abc import Mapping, Sequence

from merx.batch import Insert, Row, insert_all, lock_rows, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import below, refuse_named
from merx.core.ids import new_id
from merx.modules.product.models import ProductImage, ProductVariant, ProductVariantProductImage
from merx.modules.product.product_links import no_such_entity
from merx.modules.product.service import lock_product
from merx.modules.product.updates import ProductUpdate
from merx.outbox import emit_all

_IMAGES = """
SELECT i.id, i.product_id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM image m WHERE m.product_id = given.id OFFSET 0) i
WHERE i.deleted_at IS NULL"""

_UNASSIGN = """
DELETE FROM product_variant_product_image
WHERE image_id = ANY($1::text[]) AND variant_id = ANY($2::text[])"""

_CLEAR_THUMBNAILS = """
UPDATE product_variant v SET thumbnail = NULL, updated_at = now()
FROM unnest($2::text[]) AS given(id)
WHERE v.id = given.id AND v.thumbnail IN (
  SELECT i.url FROM image i WHERE i.id = ANY($1::text[]) AND i.product_id = v.product_id)"""


def image_row(product_id: str, url: str, rank: int) -> Row:
    """A new image of a product."""
    return {"id": new_id("img"), "product_id": product_id, "url": url, "rank": rank}


async def replace_images(tx: Transaction, updates: Sequence[ProductUpdate]) -> None:
    """Make each product, locked exclusively, have exactly the images in its patch, in that order.

    Images with an id stay, the others are new. Raises NotFound for ids that are not images of the
    product.
    """
    if not updates:
        return
    records = await tx.fetch(_IMAGES, [one.id for one in updates])
    owners = {record["id"]: record["product_id"] for record in records}
    _refuse_foreign(updates, owners)
    kept: dict[str, Row] = {}
    new: list[Row] = []
    for one in updates:
        for place, image in enumerate(one.patch.images):
            if not image.id:
                new.append(image_row(one.id, image.url, place))
            else:
                kept[image.id] = {"url": image.url, "rank": place}
    gone = sorted(owners.keys() - kept.keys())
    await soft_delete_rows(tx, ProductImage.__table__, gone)
    await update_rows(tx, ProductImage.__table__, kept)
    await insert_all(tx, Insert(ProductImage.__table__, new))


def _refuse_foreign(updates: Sequence[ProductUpdate], owners: Mapping[str, str]) -> None:
    for one in updates:
        foreign = [
            (image.id, below(one.path, f"images[{place}].id"))
            for place, image in enumerate(one.patch.images)
            if image.id and owners.get(image.id) != one.id
        ]
        refuse_named(foreign, f"Images with ids: {{}} were not found on {one.id}")


async def assign_variants(
    tx: Transaction, product_id: str, image_id: str, add: Sequence[str], remove: Sequence[str]
) -> None:
    """Assign variants to an image of the product, and unassign others.

    A variant that is in both lists is unassigned. Unknown ids to remove are ignored.
    """
    await lock_product(tx, product_id)
    await _check_images(tx, product_id, [(image_id, "image_id")])
    present = await _lock_variants(tx, product_id, add, remove)
    await _change(tx, ([image_id], add), ([image_id], sorted(present & set(remove))))


async def assign_images(
    tx: Transaction, product_id: str, variant_id: str, add: Sequence[str], remove: Sequence[str]
) -> None:
    """Assign images of the product to a variant, and unassign others.

    The same from the other side.
    """
    await lock_product(tx, product_id)
    await _lock_variants(tx, product_id, [variant_id], [])
    wanted = [(image_id, f"add[{place}]") for place, image_id in enumerate(add)]
    await _check_images(tx, product_id, wanted)
    await _change(tx, (add, [variant_id]), (remove, [variant_id]))


async def _check_images(
    tx: Transaction, product_id: str, wanted: Sequence[tuple[str, str]]
) -> None:
    """Refuse ids, each with its path, that are not images of the product, whose lock keeps them
    from being replaced.
    """
    owners = {
        record["id"]: record["product_id"] for record in await tx.fetch(_IMAGES, [product_id])
    }
    missing = [(image_id, path) for image_id, path in wanted if image_id not in owners]
    if missing:
        raise no_such_entity("image_id", missing)


async def _lock_variants(
    tx: Transaction, product_id: str, add: Sequence[str], remove: Sequence[str]
) -> set[str]:
    """Lock the product's variants among the ids; those to add must exist."""
    ids = [*add, *remove]
    records = await lock_rows(tx, ProductVariant.__table__, ids, "product_id")
    present = {record["id"] for record in records if record["product_id"] == product_id}
    words = f"Variants with ids: {{}} were not found on product {product_id}"
    added = enumerate(add)
    refuse_named([(one, f"add[{place}]") for place, one in added if one not in present], words)
    return present


Pairs = tuple[Sequence[str], Sequence[str]]


async def _change(tx: Transaction, add: Pairs, remove: Pairs) -> None:
    """Assign each image of `add` to each of its variants, then unassign those of `remove`."""
    # Sorted, so two requests with the same pairs cannot deadlock.
    rows = [
        {"id": new_id("pvpi"), "variant_id": variant_id, "image_id": image_id}
        for variant_id in sorted(set(add[1]))
        for image_id in sorted(set(add[0]))
    ]
    await insert_all(tx, Insert(ProductVariantProductImage.__table__, rows, skip_conflicts=True))
    if remove[0] and remove[1]:
        images, variants = (list(ids) for ids in remove)
        await tx.execute(_UNASSIGN, images, variants)
        await tx.execute(_CLEAR_THUMBNAILS, images, variants)
    changed = [
        variant_id for images, variants in (add, remove) if images for variant_id in variants
    ]
    await emit_all(tx, {"product-variant.updated": sorted(set(changed))})
