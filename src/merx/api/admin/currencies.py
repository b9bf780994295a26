"""/admin/currencies: the currencies."""

from fastapi import Request, Response

from merx.web.filters import folded
from merx.web.reads import answer_one, answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read

CURRENCY = Resource(
    "currency",
    "currency",
    "currencies",
    "code, name, symbol, symbol_native, decimal_digits, rounding",
    {"code": folded("code")},
    limit=200,
    missing="Currency with code: {id} was not found",
)

router = Router(prefix="/currencies", tags=["currencies"])


@router.get("", openapi_extra=CURRENCY.page_parameters)
async def list_currencies(request: Request, tx: Read) -> Response:
    """List currencies."""
    return await answer_page(tx, CURRENCY, request)


@router.get("/{code}", openapi_extra=CURRENCY.parameters)
async def get_currency(code: str, request: Request, tx: Read) -> Response:
    """Get a currency by its code, in any case."""
    return await answer_one(tx, CURRENCY, code.lower(), request)
