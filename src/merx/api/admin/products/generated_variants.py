"""/admin/products/{id}/variants/generate: the variants that the options allow. Merx's own."""

from fastapi import Request, Response

from merx.api.admin.products.resources import VARIANT
from merx.modules.product.generation_schemas import GenerateVariants
from merx.web.answers import answers
from merx.web.queries import read_query
from merx.web.reads import find_given, wrap
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.catalogue.generate_variants import generate_variants

router = Router(prefix="/products/{id}/variants", tags=["variants"])


@router.post("/generate", openapi_extra=VARIANT.parameters | answers(created=[VARIANT]))
async def generate(id: str, request: Request, body: GenerateVariants, tx: Write) -> Response:
    """Create the missing combinations of option values, or the requested ones."""
    query = read_query(request, VARIANT)
    most: int = request.app.state.settings.max_batch_rows
    created = await generate_variants(tx, id, body, most=most)
    return wrap(created=await find_given(tx, VARIANT, created, query))
