"""/admin/product-tags: tags by which products are found."""

from merx.batch.members import delete_groups
from merx.modules.product.graph import TAGS
from merx.modules.product.group_schemas import CreateProductTag, UpdateProductTag
from merx.modules.product.models import ProductTag
from merx.outbox import emit
from merx.web.crud import Writes, plain_router
from merx.web.filters import texts, times
from merx.web.resource import Resource
from merx.web.transactions import Write

PRODUCT_TAG = Resource(
    "product_tag",
    "product_tag",
    "product_tags",
    "id, value, external_id, created_at, updated_at, metadata",
    {
        "id": texts("id"),
        "value": texts("value"),
        "external_id": texts("external_id"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    missing="Product tag with id: {id} was not found",
)

router = plain_router(
    "/product-tags",
    PRODUCT_TAG,
    Writes(
        ProductTag.__table__,
        "ptag",
        create=CreateProductTag,
        update=UpdateProductTag,
        unknown='Product tag with id "{id}" not found',
    ),
)


@router.delete("/{id}", openapi_extra=PRODUCT_TAG.deletion)
async def delete_product_tag(id: str, tx: Write) -> dict[str, object]:
    """Delete a tag, also from its products; deleting an id that does not exist succeeds."""
    deleted = await delete_groups(tx, TAGS.back, [id])
    await emit(tx, "product-tag.deleted", deleted)
    return PRODUCT_TAG.deleted(id)
