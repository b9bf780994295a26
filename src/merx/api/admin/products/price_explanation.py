"""/admin/products/{id}/variants/{variant_id}/price-explanation.

Why a price was chosen. Merx's own.
"""

from fastapi import Request, Response

from merx.api.admin.products.resources import CONTEXT
from merx.query.conditions import Compare
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read

EXPLANATION = Resource(
    "product_variant",
    "price_explanation",
    "price_explanations",
    "id, *calculated_price, *price_candidates",
    missing="Variant with id: {id} was not found",
    context=CONTEXT,
)

router = Router(prefix="/products/{id}/variants/{variant_id}", tags=["variants"])


@router.get("/price-explanation", openapi_extra=EXPLANATION.parameters)
async def explain(id: str, variant_id: str, request: Request, tx: Read) -> Response:
    """List every price of the variant: whether it applies in the context, why it won or lost."""
    of_product = Compare(("product_id",), "=", id)
    return await answer_one(tx, EXPLANATION, variant_id, request, of_product)
