"""What belongs to variants but is not in their bodies: thumbnails, images of their own, stock."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from merx.batch import Insert, insert_all, update_rows
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.inventory.ledger import NewLevel
from merx.modules.product.models import ProductVariant, ProductVariantProductImage
from merx.workflows.imports.drafts import Fault, ProductDraft, VariantDraft
from merx.workflows.imports.references import References
from merx.workflows.stock.stock_levels import Setting, create_levels, update_levels

# The ids of one call ascend in the order of its rows.
_VARIANTS = """
SELECT v.id, v.product_id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM product_variant p WHERE p.product_id = given.id OFFSET 0) v
WHERE v.deleted_at IS NULL ORDER BY v.id"""

_IMAGES = """
SELECT i.id, i.product_id, i.url FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM image m WHERE m.product_id = given.id OFFSET 0) i
WHERE i.deleted_at IS NULL ORDER BY i.rank DESC, i.id DESC"""

_UNASSIGN = """
DELETE FROM product_variant_product_image a USING unnest($1::text[]) AS given(id)
WHERE a.variant_id = given.id"""

# The item of a variant that takes one of one item; others are kits, whose parts are counted.
_ITEMS = """
SELECT given.id AS variant_id, min(link.inventory_item_id) AS item_id
FROM unnest($1::text[]) AS given(id)
JOIN product_variant_inventory_item link ON link.variant_id = given.id
WHERE link.deleted_at IS NULL
GROUP BY given.id HAVING count(*) = 1 AND min(link.required_quantity) = 1"""

_LEVELS = """
SELECT l.inventory_item_id, l.location_id FROM unnest($1::text[], $2::text[]) AS given(item, place)
JOIN inventory_level l ON l.inventory_item_id = given.item AND l.location_id = given.place
WHERE l.deleted_at IS NULL"""

Blame = Callable[[int, Fault], None]


class Written(NamedTuple):
    """A written variant, and the index of its draft."""

    id: str
    product_id: str
    draft: VariantDraft
    place: int
    is_new: bool


async def images_of(tx: Transaction, product_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The ids of images by product and URL."""
    images: dict[str, dict[str, str]] = {}
    for record in await tx.fetch(_IMAGES, list(product_ids)):
        images.setdefault(record["product_id"], {})[record["url"]] = record["id"]
    return images


async def attach(
    tx: Transaction,
    product_ids: Sequence[str],
    drafts: Sequence[ProductDraft],
    references: References,
    blame: Blame,
) -> None:
    """Give the variants of written products their thumbnails, images and stock."""
    if not any(_has_more(variant) for draft in drafts for variant in draft.variants):
        return
    written = await _written(tx, product_ids, drafts)
    thumbnails = {
        one.id: {"thumbnail": one.draft.values["thumbnail"]}
        for one in written
        if one.is_new and one.draft.values.get("thumbnail")
    }
    await update_rows(tx, ProductVariant.__table__, thumbnails)
    await _assign_images(tx, written)
    await _set_stock(tx, written, references, blame)


def _has_more(variant: VariantDraft) -> bool:
    return bool(variant.values.get("thumbnail") or variant.images is not None or variant.stock)


async def _written(
    tx: Transaction, product_ids: Sequence[str], drafts: Sequence[ProductDraft]
) -> list[Written]:
    """The variants of the drafts with their ids.

    Drafts without one are the new variants, in order.
    """
    present: dict[str, list[str]] = {}
    for record in await tx.fetch(_VARIANTS, list(product_ids)):
        present.setdefault(record["product_id"], []).append(record["id"])
    written: list[Written] = []
    for place, (product_id, draft) in enumerate(zip(product_ids, drafts, strict=True)):
        named = {variant.id for variant in draft.variants if variant.id}
        new = (one for one in present.get(product_id, []) if one not in named)
        written.extend(
            Written(variant.id or next(new), product_id, variant, place, not variant.id)
            for variant in draft.variants
        )
    return written


async def _assign_images(tx: Transaction, written: Sequence[Written]) -> None:
    """Assign to variants the images that only some of their product's variants name; those that all
    of them name belong to the product as a whole.
    """
    naming = [one for one in written if one.draft.images is not None]
    if not naming:
        return
    general: dict[str, set[str]] = {}
    for one in naming:
        urls = set(one.draft.images or ())
        general[one.product_id] = general.get(one.product_id, urls) & urls
    images = await images_of(tx, list(general))
    await tx.execute(_UNASSIGN, [one.id for one in naming])
    rows: list[dict[str, Any]] = [
        {"id": new_id("pvpi"), "variant_id": one.id, "image_id": images[one.product_id][url]}
        for one in naming
        for url in dict.fromkeys(one.draft.images or ())
        if url not in general[one.product_id] and url in images.get(one.product_id, {})
    ]
    await insert_all(tx, Insert(ProductVariantProductImage.__table__, rows))


async def _set_stock(
    tx: Transaction, written: Sequence[Written], references: References, blame: Blame
) -> None:
    stocked = [one for one in written if one.draft.stock]
    if not stocked:
        return
    records = await tx.fetch(_ITEMS, [one.id for one in stocked])
    items = {record["variant_id"]: record["item_id"] for record in records}
    wanted: dict[tuple[str, str], Any] = {}
    for one in stocked:
        for stock in one.draft.stock:
            if one.id in items:
                location_id = references.of("locations", stock.location)
                wanted[items[one.id], location_id] = stock.quantity
            elif stock.quantity:
                words = "The variant does not manage inventory of one item, so it has no stock"
                blame(one.place, Fault(one.draft.line, stock.column, words))
    await _write_levels(tx, wanted)


async def _write_levels(tx: Transaction, wanted: Mapping[tuple[str, str], Any]) -> None:
    """Set the quantities at locations, creating missing levels."""
    places = list(wanted)
    records = await tx.fetch(
        _LEVELS, [item for item, _ in places], [location for _, location in places]
    )
    present = {(record[0], record[1]) for record in records}
    rows: list[NewLevel] = [
        {
            "id": new_id("ilev"),
            "inventory_item_id": item_id,
            "location_id": location_id,
            "stocked_quantity": quantity,
            "incoming_quantity": Decimal(0),
        }
        for (item_id, location_id), quantity in wanted.items()
        if (item_id, location_id) not in present
    ]
    settings = [
        Setting(place, {"stocked_quantity": quantity})
        for place, quantity in wanted.items()
        if place in present
    ]
    if settings:
        await update_levels(tx, settings)
    await create_levels(tx, rows)
