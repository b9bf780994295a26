"""Creates products with everything nested in them, many in one call."""

from collections import Counter
from collections.abc import Mapping, Sequence

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
    paths = [f"{at}[{place}]" if at else "" for place in range(len(drafts))]
    _check(drafts, paths)
    await check_references(tx, list(zip(paths, drafts, strict=True)), new=True)
    rows = [_row(draft) for draft in drafts]
    products = {row["id"]: draft for row, draft in zip(rows, drafts, strict=True)}
    path_of = dict(zip(products, paths, strict=True))
    handles = {row["id"]: (row["handle"], path_of[row["id"]]) for row in rows}
    async with handles_explained(tx, handles, after_changes=after_changes):
        await insert_all(
            tx, Insert(Product.__table__, rows), Insert(ProductImage.__table__, _images(products))
        )
    for field in LINKS:
        await replace_links(tx, field, products, new=True)
    await add_options(tx, _options(products, path_of))
    await create_variants(tx, _variants(products, path_of), after_changes=after_changes)
    await emit_all(tx, {"product.created": list(products)})
    await run_hooks(tx, PRODUCTS.created, changes(products, drafts))
    return list(products)


def _check(drafts: Sequence[ProductInput], paths: Sequence[str]) -> None:
    if any(not draft.title.strip() for draft in drafts):
        raise InvalidData("Product title is required")
    words = "Product options are not provided for: [{}]."
    bare = [(draft.title, path) for draft, path in zip(drafts, paths, strict=True)
            if not draft.options]  # fmt: skip
    problems: list[Problem] = [
        {"path": below(path, "options"), "message": words.format(title)} for title, path in bare
    ]
    if bare:
        raise InvalidData(words.format(", ".join(title for title, _ in bare)), problems=problems)
    check_handles([(draft.handle, path) for draft, path in zip(drafts, paths, strict=True)])
    for draft, path in zip(drafts, paths, strict=True):
        _refuse_repeats(draft, path)


def _refuse_repeats(draft: ProductInput, path: str) -> None:
    counts = Counter(option.id for option in draft.options if option.id)
    twice = [option_id for option_id, count in counts.items() if count > 1]
    if twice:
        words = f'Product "{draft.title}" has duplicate option assignments: [{", ".join(twice)}]'
        raise InvalidData(words, problems=[{"path": below(path, "options"), "message": words}])


def _row(draft: ProductInput) -> Row:
    return {
        "id": new_id("prod"),
        **{name: getattr(draft, name) for name in _COLUMNS},
        # Gift cards are money: promotions do not apply to them.
        "discountable": draft.discountable and not draft.is_giftcard,
        "handle": draft.handle or handle_from_title(draft.title),
        "status": draft.status or "draft",
        "thumbnail": draft.thumbnail or (draft.images[0].url if draft.images else draft.thumbnail),
    }


def _images(products: Mapping[str, ProductInput]) -> list[Row]:
    return [
        image_row(product_id, image.url, place)
        for product_id, draft in products.items()
        for place, image in enumerate(draft.images)
    ]


def _options(products: Mapping[str, ProductInput], paths: Mapping[str, str]) -> list[Use]:
    return [
        Use(product_id, option, below(paths[product_id], f"options[{place}]"))
        for product_id, draft in products.items()
        for place, option in enumerate(draft.options)
    ]


def _variants(products: Mapping[str, ProductInput], paths: Mapping[str, str]) -> list[Draft]:
    return [
        Draft(product_id, variant, below(paths[product_id], f"variants[{place}]"))
        for product_id, draft in products.items()
        for place, variant in enumerate(draft.variants)
    ]
