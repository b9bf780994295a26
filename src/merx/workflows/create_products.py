"""Create products with everything nested, many in one call."""

from collections.abc import Sequence
from typing import Any

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem
from merx.core.ids import new_id
from merx.modules.product.handles import handle_from_title, is_handle
from merx.modules.product.models import Product, ProductImage
from merx.modules.product.schemas import CreateProduct
from merx.outbox import emit_all
from merx.workflows.create_variants import Draft, create_variants
from merx.workflows.hooks import NO_HOOKS, Hooks, run_hooks
from merx.workflows.product_links import LINKS, check_references, replace_links
from merx.workflows.product_options import add_options

_COLUMNS = (
    "title", "subtitle", "description", "is_giftcard", "discountable", "external_id", "type_id",
    "collection_id", "weight", "length", "height", "width", "hs_code", "mid_code",
    "origin_country", "material", "metadata",
)  # fmt: skip


async def create_products(
    tx: Transaction, drafts: Sequence[CreateProduct], hooks: Hooks = NO_HOOKS
) -> list[str]:
    """Create products; their ids in the order of the drafts.

    The number of statements depends on what the drafts name, not on how many they are.
    """
    _check(drafts)
    await check_references(tx, drafts, new=True)
    rows = [_row(draft) for draft in drafts]
    products = {row["id"]: draft for row, draft in zip(rows, drafts, strict=True)}
    images = [
        image_row(product_id, image.url, place)
        for product_id, draft in products.items()
        for place, image in enumerate(draft.images)
    ]
    await insert_all(tx, Insert(Product.__table__, rows), Insert(ProductImage.__table__, images))
    for field in LINKS:
        await replace_links(tx, field, products, new=True)
    await add_options(tx, {product_id: draft.options for product_id, draft in products.items()})
    await create_variants(tx, _variants(products))
    await emit_all(tx, {"product.created": list(products)})
    for product_id, draft in products.items():
        await run_hooks(tx, hooks.products_created, [product_id], draft.additional_data)
    return list(products)


def _check(drafts: Sequence[CreateProduct]) -> None:
    if any(not draft.title for draft in drafts):
        raise InvalidData("Product title is required")
    bare = [draft.title for draft in drafts if not draft.options]
    if bare:
        raise InvalidData(f"Product options are not provided for: [{', '.join(bare)}].")
    problems: list[Problem] = [
        {"path": "handle", "message": invalid_handle(draft.handle)}
        for draft in drafts
        if draft.handle and not is_handle(draft.handle)
    ]
    if problems:
        raise InvalidData(problems[0].get("message", ""), problems=problems)


def invalid_handle(handle: str) -> str:
    """The words for a handle that cannot stand in a URL."""
    return f"Invalid product handle '{handle}'. It must contain URL safe characters"


def _row(draft: CreateProduct) -> dict[str, Any]:
    return {
        "id": new_id("prod"),
        **{name: getattr(draft, name) for name in _COLUMNS},
        "handle": draft.handle or handle_from_title(draft.title),
        "status": draft.status or "draft",
        "thumbnail": draft.thumbnail or (draft.images[0].url if draft.images else None),
    }


def image_row(product_id: str, url: str, rank: int) -> dict[str, Any]:
    """A new image of a product."""
    return {"id": new_id("img"), "product_id": product_id, "url": url, "rank": rank}


def _variants(products: dict[str, CreateProduct]) -> list[Draft]:
    return [
        Draft(product_id, variant, f"variants[{place}]")
        for product_id, draft in products.items()
        for place, variant in enumerate(draft.variants)
    ]
