"""/store/product-categories: the public part of the category tree."""

from itertools import product as combinations

from fastapi import Request, Response

from merx.access.store import WindowRoute
from merx.api.store.products.resources import TIMES
from merx.api.store.shopper import LANGUAGE, Looking, answer_visible, read_visible
from merx.query.conditions import Compare, Every
from merx.web.answers import Maybe, answers
from merx.web.filters import texts
from merx.web.reads import wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read

_COLUMNS = (
    "id", "name", "description", "handle", "rank", "external_id", "parent_category_id",
    "created_at", "updated_at", "metadata",
)  # fmt: skip
_OF_OTHERS = (
    "id", "name", "description", "handle", "rank", "external_id", "parent_category_id",
    "created_at", "updated_at", "deleted_at",
)  # fmt: skip
_STEPS = ("parent_category", "category_children")
# Three levels up and down the tree, in any combination.
_WAYS = [".".join(way) for depth in (1, 2, 3) for way in combinations(_STEPS, repeat=depth)]

CATEGORY = Resource(
    "store_product_category",
    "product_category",
    "product_categories",
    f"{','.join(_COLUMNS)},*parent_category,*category_children",
    {
        "id": texts("id"),
        "name": texts("name"),
        "description": texts("description"),
        "handle": texts("handle"),
        "parent_category_id": texts("parent_category_id"),
        "external_id": texts("external_id"),
        **TIMES,
    },
    limit=50,
    context=(LANGUAGE,),
    trees={
        "include_descendants_tree": "category_children",
        "include_ancestors_tree": "parent_category",
    },
    flags=(("is_active", True), ("is_internal", False)),
    allowed=(
        *_COLUMNS,
        "products", "deleted_at", "products.title", "products.variants", "products.options",
        "products.images", "category_children.products.title",
        *_WAYS,
        *(f"{way}.{column}" for way in _WAYS for column in _OF_OTHERS),
    ),
)  # fmt: skip
_VISIBLE = Every((Compare(("is_active",), "=", True), Compare(("is_internal",), "=", False)))

router = Router(
    prefix="/product-categories",
    tags=["store product categories"],
    is_shared=True,
    route_class=WindowRoute,
)


@router.get("", openapi_extra=CATEGORY.page_parameters)
async def list_categories(request: Request, shopper: Looking, tx: Read) -> Response:
    """List active categories that are not internal."""
    return await answer_visible(tx, CATEGORY, request, shopper, _VISIBLE)


@router.get("/{id}", openapi_extra=CATEGORY.parameters | answers(product_category=Maybe(CATEGORY)))
async def get_category(id: str, request: Request, shopper: Looking, tx: Read) -> Response:
    """Get a category; `{}` if there is no visible one, as on the reference."""
    row = await read_visible(tx, CATEGORY, id, request, shopper, _VISIBLE)
    return wrap(product_category=row) if row else wrap()
