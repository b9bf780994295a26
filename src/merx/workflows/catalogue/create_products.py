"""Creates products with everything nested in them, many in one call."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from merx.batch import Insert, Row, insert_all
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem, below
from merx.core.hooks import changes, run_hooks, without_ids
from merx.core.ids import new_id
from merx.modules.product.handles import handle_from_title
from merx.modules.product.hooks import PRODUCTS
from merx.modules.product.models import Product, ProductImage
from merx.modules.product.offered_options import Use, add_options
from merx.modules.product.product_handles import check_handles, handles_explained
from merx.modules.product.product_images import image_row
from merx.modules.product.product_links import LINKS, check_references, replace_links
from merx.modules.product.schemas import ProductInput
from merx.outbox import emit_all
from merx.workflows.catalogue.create_variants import Draft, create_variants

_COLUMNS = (
    "title", "subtitle", "description", "is_giftcard", "external_id", "type_id", "collection_id",
    "weight", "length", "height", "width", "hs_code", "mid_code",
    "origin_country", "material", "metadata",
)  # fmt: skip


async def create_products(
    tx: Transaction,
    drafts: Sequence[ProductInput],
    *,
    at: str = "",
    after_changes: bool = False,
) -> list[str]:
    """Create products; returns their ids in the order of the drafts.

    The number of statements depends on what the drafts contain, not on how many they are. `at` is
    the path of their list in the request, if there is one; `after_changes` says that the call has
    changed products before.
    """
    if not drafts:
        return []
    await run_hooks(tx, PRODUCTS.creating, without_ids(drafts))
    products = [
        _New(new_id("prod"), draft, f"{at}[{place}]" if at else "")
        for place, draft in enumerate(drafts)
    ]
    _check(products)
    await check_references(tx, [(one.path, one.draft) for one in products], new=True)
    rows = [_row(one) for one in products]
    handles = {one.id: (row["handle"], one.path) for one, row in zip(products, rows, strict=True)}
    async with handles_explained(tx, handles, after_changes=after_changes):
        await insert_all(
            tx, Insert(Product.__table__, rows), Insert(ProductImage.__table__, _images(products))
        )
    for field in LINKS:
        await replace_links(tx, field, {one.id: one.draft for one in products}, new=True)
    await add_options(tx, _options(products))
    await create_variants(tx, _variants(products), after_changes=after_changes)
    ids = [one.id for one in products]
    await emit_all(tx, {"product.created": ids})
    await run_hooks(tx, PRODUCTS.created, changes(ids, drafts))
    return ids


class _New(NamedTuple):
    """A product to create, what the request says of it, and where it does."""

    id: str
    draft: ProductInput
    path: str


def _check(products: Sequence[_New]) -> None:
    if any(not one.draft.title.strip() for one in products):
        raise InvalidData("Product title is required")
    words = "Product options are not provided for: [{}]."
    bare = [(one.draft.title, one.path) for one in products if not one.draft.options]
    problems: list[Problem] = [
        {"path": below(path, "options"), "message": words.format(title)} for title, path in bare
    ]
    if bare:
        raise InvalidData(words.format(", ".join(title for title, _ in bare)), problems=problems)
    check_handles([(one.draft.handle, one.path) for one in products])
    for one in products:
        _refuse_repeats(one.draft, one.path)


def _refuse_repeats(draft: ProductInput, path: str) -> None:
    counts = Counter(option.id for option in draft.options if option.id)
    twice = [option_id for option_id, count in counts.items() if count > 1]
    if twice:
        words = f'Product "{draft.title}" has duplicate option assignments: [{", ".join(twice)}]'
        raise InvalidData(words, problems=[{"path": below(path, "options"), "message": words}])


def _row(product: _New) -> Row:
    draft = product.draft
    return {
        "id": product.id,
        **{name: getattr(draft, name) for name in _COLUMNS},
        # Gift cards are money: promotions do not apply to them.
        "discountable": draft.discountable and not draft.is_giftcard,
        "handle": draft.handle or handle_from_title(draft.title),
        "status": draft.status or "draft",
        "thumbnail": draft.thumbnail or (draft.images[0].url if draft.images else draft.thumbnail),
    }


def _images(products: Sequence[_New]) -> list[Row]:
    return [
        image_row(one.id, image.url, place)
        for one in products
        for place, image in enumerate(one.draft.images)
    ]


def _options(products: Sequence[_New]) -> list[Use]:
    return [
        Use(one.id, option, below(one.path, f"options[{place}]"))
        for one in products
        for place, option in enumerate(one.draft.options)
    ]


def _variants(products: Sequence[_New]) -> list[Draft]:
    return [
        Draft(one.id, variant, below(one.path, f"variants[{place}]"))
        for one in products
        for place, variant in enumerate(one.draft.variants)
    ]
