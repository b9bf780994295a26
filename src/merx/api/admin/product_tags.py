"""/admin/product-tags: words that products are found by."""

from merx.api.crud import Writes, plain_router
from merx.api.filters import texts, times
from merx.api.resource import Resource
from merx.modules.product.group_schemas import CreateProductTag, UpdateProductTag
from merx.modules.product.models import ProductTag

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

# Links to a deleted tag stay and are shown nowhere, as on the reference.
router = plain_router(
    "/product-tags",
    PRODUCT_TAG,
    Writes(
        ProductTag.__table__,
        "ptag",
        create=CreateProductTag,
        update=UpdateProductTag,
        delete=True,
        unknown='Product tag with id "{id}" not found',
    ),
)
