"""/admin/product-categories: the tree by which customers find products."""

from fastapi import Request, Response

from merx.modules.product.group_schemas import CreateProductCategory, UpdateProductCategory
from merx.modules.product.manage_categories import (
    change_products,
    create_categories,
    delete_category,
    update_category,
)
from merx.web.bodies import check_rows
from merx.web.crud import Members, plain_router
from merx.web.filters import boolean, texts, times
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write

PRODUCT_CATEGORY = Resource(
    "product_category",
    "product_category",
    "product_categories",
    "id, name, description, handle, is_active, is_internal, rank, external_id,"
    " parent_category_id, created_at, updated_at, metadata, *parent_category, *category_children",
    {
        "id": texts("id"),
        "description": texts("description"),
        "handle": texts("handle"),
        "parent_category_id": texts("parent_category_id"),
        "external_id": texts("external_id"),
        "is_internal": boolean("is_internal"),
        "is_active": boolean("is_active"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    limit=50,
    missing="Product category with id: {id} was not found",
    trees={
        "include_descendants_tree": "category_children",
        "include_ancestors_tree": "parent_category",
    },
    tree_flags=("is_internal", "is_active"),
)

router = plain_router("/product-categories", PRODUCT_CATEGORY)


@router.post("", openapi_extra=PRODUCT_CATEGORY.parameters)
async def create_product_category(
    request: Request, body: CreateProductCategory, tx: Write
) -> Response:
    """Create a category, at the top of the tree or below another one."""
    [category_id] = await create_categories(tx, [body])
    return await answer_one(tx, PRODUCT_CATEGORY, category_id, request)


@router.post("/{id}", openapi_extra=PRODUCT_CATEGORY.parameters)
async def update_product_category(
    id: str, request: Request, body: UpdateProductCategory, tx: Write
) -> Response:
    """Change a category; with a parent or a rank, move it with its descendants."""
    unknown = PRODUCT_CATEGORY.not_found(id)
    await update_category(tx, id, body, unknown=unknown)
    return await answer_one(tx, PRODUCT_CATEGORY, id, request)


@router.delete("/{id}", openapi_extra=PRODUCT_CATEGORY.deletion)
async def delete_product_category(id: str, tx: Write) -> dict[str, object]:
    """Delete a category without children."""
    await delete_category(tx, id)
    return PRODUCT_CATEGORY.deleted(id)


@router.post("/{id}/products", openapi_extra=PRODUCT_CATEGORY.parameters)
async def change_products_of_category(
    id: str, request: Request, body: Members, tx: Write
) -> Response:
    """Add products to the category and remove them."""
    check_rows(request, len(body.add), len(body.remove))
    await change_products(tx, id, add=body.add, remove=body.remove)
    return await answer_one(tx, PRODUCT_CATEGORY, id, request)
