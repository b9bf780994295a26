"""/store/carts/:id/shipping-methods."""

from typing import Annotated

from fastapi import Request, Response
from pydantic import BeforeValidator

from merx.api.store.carts.counter import AtCounter, answer_changed
from merx.api.store.carts.resources import CART
from merx.modules.cart.schemas import ChosenOption, as_list
from merx.web.router import Router
from merx.workflows.selling.carts.methods import choose_options
from merx.workflows.selling.shipping_options import Choice

router = Router(prefix="/carts/{cart_id}/shipping-methods", tags=["store carts"])

Options = Annotated[list[ChosenOption], BeforeValidator(as_list)]


@router.post("", openapi_extra=CART.parameters)
async def choose(cart_id: str, request: Request, body: Options, at: AtCounter) -> Response:
    """Choose a shipping option, replacing the previous method for items of its profile."""
    choices = [Choice(one.option_id, one.data or {}) for one in body]
    return await answer_changed(request, at, cart_id, choose_options(choices))
