"""/store/currencies: the currencies."""

from fastapi import Request, Response

from merx.web.filters import texts
from merx.web.reads import answer_one, answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read

_FIELDS = "code, name, symbol, symbol_native, decimal_digits, rounding"
CURRENCY = Resource(
    "currency",
    "currency",
    "currencies",
    _FIELDS,
    {"code": texts("code")},
    limit=50,
    missing="Currency with code: {id} was not found",
    allowed=(*_FIELDS.split(", "), "created_at", "updated_at", "deleted_at"),
)

router = Router(prefix="/currencies", tags=["store currencies"], is_shared=True)


@router.get("", openapi_extra=CURRENCY.page_parameters)
async def list_store_currencies(request: Request, tx: Read) -> Response:
    """List currencies."""
    return await answer_page(tx, CURRENCY, request)


@router.get("/{code}", openapi_extra=CURRENCY.parameters)
async def get_store_currency(code: str, request: Request, tx: Read) -> Response:
    """Get a currency by its code, in any case."""
    return await answer_one(tx, CURRENCY, code.lower(), request)
