"""/admin/product-variants: variants of all products."""

from dataclasses import replace

from fastapi import Request, Response

from merx.api.admin.products.resources import VARIANT
from merx.web.reads import answer_page
from merx.web.router import Router
from merx.web.transactions import Read

router = Router(prefix="/product-variants", tags=["variants"])

_WITH_PRODUCT = replace(VARIANT, fields=f"{VARIANT.fields}, *product")


@router.get("", openapi_extra=_WITH_PRODUCT.page_parameters)
async def list_variants(request: Request, tx: Read) -> Response:
    """List variants that match the filters, each with its product."""
    return await answer_page(tx, _WITH_PRODUCT, request)
