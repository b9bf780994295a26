"""/store/products: the products for sale."""

from fastapi import Request, Response

from merx.access.store import WindowRoute
from merx.api.store.products.resources import PRODUCT
from merx.api.store.shopper import Looking, answer_offers, find_offer
from merx.modules.product.storefront import IS_OFFERED
from merx.web.answers import answers
from merx.web.queries import page_query
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.transactions import Read

# The reference shows `is_internal` of each category of a single product, whatever `fields` says.
_INTERNAL = "categories.is_internal"
_PRICE = "variants.calculated_price"

router = Router(
    prefix="/products", tags=["store products"], is_shared=True, route_class=WindowRoute
)


@router.get("", openapi_extra=PRODUCT.page_parameters)
async def list_products(request: Request, shopper: Looking, tx: Read) -> Response:
    """List published products of the storefront's channels."""
    return await answer_offers(tx, PRODUCT, request, shopper, offered=IS_OFFERED, price=_PRICE)


@router.get("/{id}", openapi_extra=PRODUCT.page_parameters | answers(product=PRODUCT))
async def get_product(id: str, request: Request, shopper: Looking, tx: Read) -> Response:
    """Get a product; filters apply here too, as on the reference."""
    also = (_INTERNAL, *shopper.priced(_PRICE))
    plan = page_query(request, PRODUCT, also=also).plan
    row = await find_offer(tx, PRODUCT, id, plan, shopper, offered=IS_OFFERED)
    return wrap(product=row)
