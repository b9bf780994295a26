"""/admin/price-lists/{id}/prices: read in pages, changed in place."""

from fastapi import Request, Response

from merx.api.admin.price_lists.resources import PRICE
from merx.modules.pricing.schemas import BatchListedPrices
from merx.query.conditions import Compare
from merx.web.bodies import check_rows
from merx.web.queries import ReadQuery, read_query
from merx.web.reads import answer_page, find_given, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.pricing.price_list_prices import batch_prices

router = Router(prefix="/price-lists/{id}/prices", tags=["price lists"])

# The reference validates `fields` here, and then shows the defaults.
_DEFAULTS = ReadQuery(None, {})


@router.get("", openapi_extra=PRICE.page_parameters)
async def list_prices(id: str, request: Request, tx: Read) -> Response:
    """List the prices of a list."""
    return await answer_page(tx, PRICE, request, Compare(("price_list_id",), "=", id))


@router.post("/batch", openapi_extra=PRICE.batch)
async def batch(id: str, request: Request, body: BatchListedPrices, tx: Write) -> Response:
    """Delete, update and create prices of the list, all or none."""
    check_rows(request, len(body.create), len(body.update), len(body.delete))
    read_query(request, PRICE)
    created, updated = await batch_prices(tx, id, body)
    return wrap(
        created=await find_given(tx, PRICE, created, _DEFAULTS),
        updated=await find_given(tx, PRICE, updated, _DEFAULTS),
        deleted={"ids": body.delete, "object": "price", "deleted": True},
    )
