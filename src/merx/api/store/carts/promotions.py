"""/store/carts/:id/promotions."""

from fastapi import Request, Response

from merx.api.store.carts.counter import AtCounter, answer_changed
from merx.api.store.carts.resources import CART
from merx.core.shapes import is_list
from merx.modules.cart.schemas import PromotionCodes
from merx.web.answers import Described, answers_type
from merx.web.querystring import parse_query
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.transactions import Read
from merx.web.wording import invalid
from merx.workflows.selling.carts.explain import explain_promotions
from merx.workflows.selling.carts.update import add_promotions, remove_promotions
from merx.workflows.selling.evaluation import Evaluation

router = Router(prefix="/carts/{cart_id}/promotions", tags=["store carts"])


@router.post("", openapi_extra=CART.parameters)
async def add(cart_id: str, request: Request, body: PromotionCodes, at: AtCounter) -> Response:
    """Add promotion codes; those that do not apply to the cart are dropped."""
    change = add_promotions(body.promo_codes)
    return await answer_changed(request, at, cart_id, change, body=body)


@router.delete("", openapi_extra=CART.parameters)
async def remove(cart_id: str, request: Request, body: PromotionCodes, at: AtCounter) -> Response:
    """Remove promotion codes."""
    change = remove_promotions(body.promo_codes)
    return await answer_changed(request, at, cart_id, change, body=body)


_CODES = {
    "name": "promo_codes",
    "in": "query",
    "schema": {"type": "array", "items": {"type": "string"}},
}


@router.get("/explain", openapi_extra=Described([_CODES]) | answers_type(Evaluation))
async def explain(cart_id: str, request: Request, tx: Read) -> Response:
    """Explain each promotion: whether it applied, its discount, or which rule failed.

    `promo_codes` names promotions that the cart does not use yet. Merx's own.
    """
    return wrap(**await explain_promotions(tx, cart_id, _codes(request)))


def _codes(request: Request) -> list[str]:
    values = parse_query(request.url.query)
    given = values.pop("promo_codes", [])
    codes = given if is_list(given) else [given]
    if values:
        names = ", ".join(values)
        raise invalid([{"path": names, "message": f"Unrecognized fields: '{names}'"}])
    if not all(isinstance(code, str) for code in codes):
        message = "Expected type: 'array' for field 'promo_codes'"
        raise invalid([{"path": "promo_codes", "message": message}])
    return codes
