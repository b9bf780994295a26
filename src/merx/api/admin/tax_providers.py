"""/admin/tax-providers: who computes taxes."""

from fastapi import APIRouter, Request, Response

from merx.api.bodies import JSONRoute
from merx.api.filters import boolean, texts
from merx.api.resource import Resource, answer_page
from merx.api.transactions import Read

TAX_PROVIDER = Resource(
    "tax_provider",
    "tax_provider",
    "tax_providers",
    "id, is_enabled",
    {"id": texts("id"), "is_enabled": boolean("is_enabled")},
    searchable=False,
)

router = APIRouter(prefix="/tax-providers", tags=["tax providers"], route_class=JSONRoute)


@router.get("", openapi_extra=TAX_PROVIDER.page_parameters)
async def list_tax_providers(request: Request, tx: Read) -> Response:
    """List who can compute taxes."""
    return await answer_page(tx, TAX_PROVIDER, request)
