"""/admin/price-lists: sale and override prices with a period and rules."""

from fastapi import Request, Response

from merx.api.admin.price_lists.resources import PRICE_LIST
from merx.modules.pricing.schemas import CreatePriceList, RemoveProducts, UpdatePriceList
from merx.web.bodies import check_rows
from merx.web.crud import plain_router
from merx.web.reads import answer_one
from merx.web.transactions import Write
from merx.workflows.pricing.price_lists import (
    create_price_list,
    delete_price_lists,
    remove_products,
    update_price_list,
)

router = plain_router("/price-lists", PRICE_LIST)


@router.post("", openapi_extra=PRICE_LIST.parameters)
async def create(request: Request, body: CreatePriceList, tx: Write) -> Response:
    """Create a list with rules and prices."""
    check_rows(request, len(body.prices))
    list_id = await create_price_list(tx, body)
    return await answer_one(tx, PRICE_LIST, list_id, request)


@router.post("/{id}", openapi_extra=PRICE_LIST.parameters)
async def update(id: str, request: Request, body: UpdatePriceList, tx: Write) -> Response:
    """Change a list; given rules replace the old ones."""
    await update_price_list(tx, id, body)
    return await answer_one(tx, PRICE_LIST, id, request)


@router.delete("/{id}", openapi_extra=PRICE_LIST.deletion)
async def delete(id: str, tx: Write) -> dict[str, object]:
    """Delete a list with its prices; deleting an id that does not exist succeeds."""
    await delete_price_lists(tx, [id])
    return PRICE_LIST.deleted(id)


@router.post("/{id}/products", openapi_extra=PRICE_LIST.parameters)
async def remove(id: str, request: Request, body: RemoveProducts, tx: Write) -> Response:
    """Delete the list's prices of products."""
    check_rows(request, len(body.remove))
    await remove_products(tx, id, body.remove)
    return await answer_one(tx, PRICE_LIST, id, request)
