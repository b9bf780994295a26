"""/admin/promotions: discounts, by code or automatic."""

from fastapi import Request, Response

from merx.api.admin.promotions.resources import PROMOTION
from merx.links import GRAPH
from merx.modules.promotion.manage import (
    create_promotion,
    delete_promotions,
    update_promotion,
)
from merx.modules.promotion.schemas import CreatePromotion, UpdatePromotion
from merx.query.conditions import Compare, Either
from merx.query.plan import Plan
from merx.query.run import read_page
from merx.web.bodies import check_rows
from merx.web.queries import read_query
from merx.web.reads import answer_one, answer_page, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write

router = Router(prefix="/promotions", tags=["promotions"])


@router.get("", openapi_extra=PROMOTION.page_parameters)
async def list_promotions(request: Request, tx: Read) -> Response:
    """List promotions."""
    return await answer_page(tx, PROMOTION, request)


@router.get("/{id}", openapi_extra=PROMOTION.parameters)
async def get_promotion(id: str, request: Request, tx: Read) -> Response:
    """Get a promotion by its id or its code."""
    query = read_query(request, PROMOTION)
    named = Either((Compare(("id",), "=", id), Compare(("code",), "=", id)))
    plan = Plan(PROMOTION.selection(query.fields), named, context=dict(query.context))
    found, count = await read_page(tx, GRAPH, plan, limit=1, offset=0)
    if not count:
        raise PROMOTION.not_found(id)
    return wrap(promotion=found[1:-1])


@router.post("", openapi_extra=PROMOTION.parameters)
async def create(request: Request, body: CreatePromotion, tx: Write) -> Response:
    """Create a promotion with its method and its rules."""
    method = body.application_method
    check_rows(request, *map(len, (body.rules, method.target_rules, method.buy_rules)))
    promotion_id = await create_promotion(tx, body)
    return await answer_one(tx, PROMOTION, promotion_id, request)


@router.post("/{id}", openapi_extra=PROMOTION.parameters)
async def update(id: str, request: Request, body: UpdatePromotion, tx: Write) -> Response:
    """Change a promotion and its method."""
    await update_promotion(tx, id, body)
    return await answer_one(tx, PROMOTION, id, request)


@router.delete("/{id}", openapi_extra=PROMOTION.deletion)
async def delete(id: str, tx: Write) -> dict[str, object]:
    """Delete a promotion; deleting an id that does not exist succeeds."""
    await delete_promotions(tx, [id])
    return PROMOTION.deleted(id)
