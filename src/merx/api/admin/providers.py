"""/admin/tax-providers, /admin/payments/payment-providers and /admin/fulfillment-providers: the
providers, and the options of fulfillment providers.
"""

from typing import Any

from fastapi import Request, Response

from merx.providers.fulfillment import FulfillmentProviders, shown_option
from merx.web.answers import answers_page
from merx.web.filters import boolean, texts
from merx.web.reads import answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read

_FIELDS = "id, is_enabled"
_FILTERS = {"id": texts("id"), "is_enabled": boolean("is_enabled")}

TAX_PROVIDER = Resource(
    "tax_provider", "tax_provider", "tax_providers", _FIELDS, _FILTERS, searchable=False
)
PAYMENT_PROVIDER = Resource(
    "payment_provider",
    "payment_provider",
    "payment_providers",
    _FIELDS,
    _FILTERS,
    searchable=False,
)
FULFILLMENT_PROVIDER = Resource(
    "fulfillment_provider",
    "fulfillment_provider",
    "fulfillment_providers",
    _FIELDS,
    {**_FILTERS, "stock_location_id": texts("locations.id")},
    limit=50,
    combines=False,
    missing="Fulfillment provider with id: {id} was not found",
)

router = Router(tags=["providers"])


@router.get("/tax-providers", openapi_extra=TAX_PROVIDER.page_parameters)
async def list_tax_providers(request: Request, tx: Read) -> Response:
    """List tax providers."""
    return await answer_page(tx, TAX_PROVIDER, request)


@router.get("/payments/payment-providers", openapi_extra=PAYMENT_PROVIDER.page_parameters)
async def list_payment_providers(request: Request, tx: Read) -> Response:
    """List payment providers."""
    return await answer_page(tx, PAYMENT_PROVIDER, request)


@router.get("/fulfillment-providers", openapi_extra=FULFILLMENT_PROVIDER.page_parameters)
async def list_fulfillment_providers(request: Request, tx: Read) -> Response:
    """List fulfillment providers, of all stock locations or of some."""
    return await answer_page(tx, FULFILLMENT_PROVIDER, request)


@router.get(
    "/fulfillment-providers/{id}/options",
    openapi_extra=answers_page(fulfillment_options=list[dict[str, Any]]),
)
async def list_fulfillment_options(id: str, request: Request) -> dict[str, object]:
    """List the options that a fulfillment provider offers."""
    providers: FulfillmentProviders = request.app.state.fulfillment_providers
    if id not in providers:
        raise FULFILLMENT_PROVIDER.not_found(id)
    options = [shown_option(one) for one in await providers[id].options()]
    return {
        "fulfillment_options": options,
        "count": len(options),
        "limit": len(options),
        "offset": 0,
    }
