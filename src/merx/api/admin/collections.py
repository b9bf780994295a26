"""/admin/collections: hand-picked groups of products; a product is in at most one."""

from fastapi import Request, Response

from merx.modules.product.delete_groups import delete_collections
from merx.modules.product.group_schemas import CreateCollection, UpdateCollection
from merx.modules.product.manage_collections import (
    change_products,
    create_collections,
    update_collection,
)
from merx.web.bodies import check_rows
from merx.web.crud import Members, plain_router
from merx.web.filters import texts, times
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write

COLLECTION = Resource(
    "product_collection",
    "collection",
    "collections",
    "id, title, handle, external_id, created_at, updated_at, metadata",
    {
        "id": texts("id"),
        "title": texts("title"),
        "handle": texts("handle"),
        "external_id": texts("external_id"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    limit=10,
    missing="ProductCollection with id: {id} was not found",
)

router = plain_router("/collections", COLLECTION)


@router.post("", openapi_extra=COLLECTION.parameters)
async def create_collection(request: Request, body: CreateCollection, tx: Write) -> Response:
    """Create a collection."""
    [collection_id] = await create_collections(tx, [body])
    return await answer_one(tx, COLLECTION, collection_id, request)


@router.post("/{id}", openapi_extra=COLLECTION.parameters)
async def update_one_collection(
    id: str, request: Request, body: UpdateCollection, tx: Write
) -> Response:
    """Change a collection."""
    await update_collection(tx, id, body)
    return await answer_one(tx, COLLECTION, id, request)


@router.delete("/{id}", openapi_extra=COLLECTION.deletion)
async def delete_collection(id: str, tx: Write) -> dict[str, object]:
    """Delete a collection; its products are then in none."""
    await delete_collections(tx, [id])
    return COLLECTION.deleted(id)


@router.post("/{id}/products", openapi_extra=COLLECTION.parameters)
async def change_products_of_collection(
    id: str, request: Request, body: Members, tx: Write
) -> Response:
    """Remove products from the collection and add others."""
    check_rows(request, len(body.add), len(body.remove))
    unknown = COLLECTION.not_found(id)
    await change_products(tx, id, add=body.add, remove=body.remove, unknown=unknown)
    return await answer_one(tx, COLLECTION, id, request)
