"""/admin/products/{id}/options: the options that a product uses."""

from fastapi import Request, Response

from merx.api.admin.products.resources import OPTION, PRODUCT
from merx.modules.product.option_schemas import BatchOptions
from merx.query.conditions import Compare
from merx.web.answers import answers
from merx.web.bodies import check_rows
from merx.web.queries import read_query
from merx.web.reads import answer_page, find_one, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.catalogue.batch_options import batch_options

router = Router(prefix="/products/{id}/options", tags=["options"])


@router.get("", openapi_extra=OPTION.page_parameters)
async def list_options(id: str, request: Request, tx: Read) -> Response:
    """List the options that the product uses, with all their values."""
    return await answer_page(tx, OPTION, request, Compare(("products", "id"), "=", id))


@router.post("/batch", openapi_extra=PRODUCT.parameters | answers(product=PRODUCT))
async def batch(id: str, request: Request, body: BatchOptions, tx: Write) -> Response:
    """Add options, remove options, change which values are offered; answers with the product."""
    values = [len(patch.add) + len(patch.remove) for patch in body.update]
    check_rows(request, len(body.add), len(body.remove), *values)
    query = read_query(request, PRODUCT)
    await batch_options(tx, id, body)
    return wrap(product=await find_one(tx, PRODUCT, id, query))
