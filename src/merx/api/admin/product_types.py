"""/admin/product-types: types of products."""

from merx.modules.product.delete_groups import delete_types
from merx.modules.product.group_schemas import CreateProductType, UpdateProductType
from merx.modules.product.models import ProductType
from merx.web.crud import Writes, plain_router
from merx.web.filters import texts, times
from merx.web.resource import Resource
from merx.web.transactions import Write

PRODUCT_TYPE = Resource(
    "product_type",
    "product_type",
    "product_types",
    "id, value, external_id, created_at, updated_at, metadata",
    {
        "id": texts("id"),
        "value": texts("value"),
        "external_id": texts("external_id"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    limit=10,
    missing="Product type with id: {id} was not found",
)

router = plain_router(
    "/product-types",
    PRODUCT_TYPE,
    Writes(
        ProductType.__table__,
        "ptyp",
        create=CreateProductType,
        update=UpdateProductType,
        unknown='Product type with id "{id}" not found',
    ),
)


@router.delete("/{id}", openapi_extra=PRODUCT_TYPE.deletion)
async def delete_product_type(id: str, tx: Write) -> dict[str, object]:
    """Delete a type; its products then have none."""
    await delete_types(tx, [id])
    return PRODUCT_TYPE.deleted(id)
