"""/store/payment-providers: the payment providers of a region."""

from fastapi import Request, Response

from merx.query.conditions import Compare
from merx.web.filters import text
from merx.web.querystring import parse_query
from merx.web.reads import answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read
from merx.web.wording import invalid

PAYMENT_PROVIDER = Resource(
    "payment_provider",
    "payment_provider",
    "payment_providers",
    "id, is_enabled",
    {"region_id": text("regions.id")},
    searchable=False,
    combines=False,
    allowed=("id", "is_enabled"),
)

router = Router(
    prefix="/payment-providers",
    tags=["store payment providers"],
    is_shared=True,
)


@router.get("", openapi_extra=PAYMENT_PROVIDER.page_parameters)
async def list_payment_providers_of_region(request: Request, tx: Read) -> Response:
    """List the payment providers of a region."""
    if "region_id" not in parse_query(request.url.query):
        raise invalid([{"path": "region_id", "message": "Field 'region_id' is required"}])
    enabled = Compare(("is_enabled",), "=", True)
    return await answer_page(tx, PAYMENT_PROVIDER, request, enabled)
