"""/admin/products/batch: many products in one transaction."""

from fastapi import Request, Response

from merx.api.admin.products.resources import PRODUCT
from merx.modules.product.schemas import BatchProducts
from merx.web.bodies import check_lists, check_rows
from merx.web.queries import read_query
from merx.web.reads import find_given, note_rows, wrap
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.catalogue.batch_products import batch_products

router = Router(prefix="/products", tags=["products"])


@router.post("/batch", openapi_extra=PRODUCT.batch)
async def batch(request: Request, body: BatchProducts, tx: Write) -> Response:
    """Delete, update and create products, all or none."""
    check_rows(request, len(body.create), len(body.update), len(body.delete))
    options = (option for one in body.create for option in one.options)
    check_lists(request, *body.create, *body.update, *options)
    query = read_query(request, PRODUCT)
    created, updated = await batch_products(tx, body)
    await note_rows(tx, PRODUCT, body.delete, "id")
    return wrap(
        created=await find_given(tx, PRODUCT, created, query),
        updated=await find_given(tx, PRODUCT, updated, query),
        deleted={"ids": body.delete, "object": "product", "deleted": True},
    )
