"""/store/carts/:id/promotions."""

from fastapi import Request, Response

from merx.api.store.carts.counter import AtCounter, answer_changed
from merx.api.store.carts.resources import CART
from merx.modules.cart.schemas import PromotionCodes
from merx.web.router import Router
from merx.workflows.selling.carts.update import add_promotions, remove_promotions

router = Router(prefix="/carts/{cart_id}/promotions", tags=["store carts"])


@router.post("", openapi_extra=CART.parameters)
async def add(cart_id: str, request: Request, body: PromotionCodes, at: AtCounter) -> Response:
    """Use more codes; those that do not hold for the cart are forgotten."""
    return await answer_changed(request, at, cart_id, add_promotions(body.promo_codes))


@router.delete("", openapi_extra=CART.parameters)
async def remove(cart_id: str, request: Request, body: PromotionCodes, at: AtCounter) -> Response:
    """Use these codes no longer."""
    return await answer_changed(request, at, cart_id, remove_promotions(body.promo_codes))
