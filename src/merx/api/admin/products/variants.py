"""/admin/products/{id}/variants: create, batch, list, get, update, delete."""

from fastapi import Request, Response

from merx.api.admin.products.resources import PRODUCT, VARIANT
from merx.core.errors import InvalidData
from merx.modules.product.schemas import BatchVariants, CreateVariant, UpdateVariant
from merx.query.conditions import Compare
from merx.web.answers import answers_deleted
from merx.web.bodies import check_rows
from merx.web.queries import read_query
from merx.web.reads import answer_one, answer_page, find_given, find_one, note_rows, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.catalogue.batch_variants import batch_variants
from merx.workflows.catalogue.variants import create_variant, delete_variant, update_variant

router = Router(prefix="/products/{id}/variants", tags=["variants"])


@router.get("", openapi_extra=VARIANT.page_parameters)
async def list_variants(id: str, request: Request, tx: Read) -> Response:
    """List the product's variants that match the filters."""
    return await answer_page(tx, VARIANT, request, Compare(("product_id",), "=", id))


@router.post("", openapi_extra=PRODUCT.parameters)
async def create(id: str, request: Request, body: CreateVariant, tx: Write) -> Response:
    """Create a variant with prices, options and inventory; answers with the whole product."""
    query = read_query(request, PRODUCT)
    await create_variant(tx, id, body)
    return wrap(product=await find_one(tx, PRODUCT, id, query))


@router.post("/batch", openapi_extra=VARIANT.batch)
async def batch(id: str, request: Request, body: BatchVariants, tx: Write) -> Response:
    """Delete, update and create variants, all or none."""
    check_rows(request, len(body.create), len(body.update), len(body.delete))
    query = read_query(request, VARIANT)
    created, updated = await batch_variants(tx, id, body)
    await note_rows(tx, VARIANT, body.delete, "id")
    return wrap(
        created=await find_given(tx, VARIANT, created, query),
        updated=await find_given(tx, VARIANT, updated, query),
        deleted={"ids": body.delete, "object": "variant", "deleted": True},
    )


@router.get("/{variant_id}", openapi_extra=VARIANT.parameters)
async def get(id: str, variant_id: str, request: Request, tx: Read) -> Response:
    """Get a variant of the product."""
    return await answer_one(tx, VARIANT, variant_id, request, Compare(("product_id",), "=", id))


@router.post("/{variant_id}", openapi_extra=PRODUCT.parameters)
async def update(
    id: str, variant_id: str, request: Request, body: UpdateVariant, tx: Write
) -> Response:
    """Change a variant; answers with the whole product."""
    query = read_query(request, PRODUCT)
    if body.id not in ("", variant_id):
        raise InvalidData(f"The id in the body must be that of the path: {variant_id}")
    await update_variant(tx, id, variant_id, body)
    return wrap(product=await find_one(tx, PRODUCT, id, query))


@router.delete(
    "/{variant_id}", openapi_extra=PRODUCT.parameters | answers_deleted("variant", parent=PRODUCT)
)
async def delete(id: str, variant_id: str, request: Request, tx: Write) -> Response:
    """Delete a variant; answers with the product as its parent."""
    query = read_query(request, PRODUCT)
    await delete_variant(tx, id, variant_id)
    parent = await find_one(tx, PRODUCT, id, query)
    return wrap(id=variant_id, object="variant", deleted=True, parent=parent)
