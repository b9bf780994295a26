"""/store/carts/:id/shipping-methods."""

from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from merx.api.store.carts.counter import AtCounter, answer_changed
from merx.api.store.carts.resources import CART
from merx.core.shapes import is_dict
from merx.modules.cart.schemas import ChosenOption
from merx.web.router import Router
from merx.web.wording import got
from merx.workflows.selling.carts.methods import choose_options
from merx.workflows.selling.shipping_options import Choice

router = Router(prefix="/carts/{cart_id}/shipping-methods", tags=["store carts"])

_KINDS = {"option_id": "string", "data": "record"}


def _one_or_more(value: Any, validate: ValidatorFunctionWrapHandler) -> list[ChosenOption]:
    """An option may be sent without a list. The messages are those of the reference for a body
    that is neither an option nor a list of them."""
    try:
        return validate([value] if is_dict(value) else value)
    except ValidationError as error:
        if not is_dict(value):
            raise PydanticCustomError("missing", "Field required") from error
        name = next(str(one["loc"][1]) for one in error.errors() if len(one["loc"]) > 1)
        told = got(value[name]) if name in value else "undefined"
        kinds = f"{_KINDS[name]}, array" if name in value else "array"
        words = f"Expected type: '{kinds}' for field '{name}', got: '{told}'"
        raise PydanticCustomError("sentence", "{words}", {"words": words}) from error


Options = Annotated[list[ChosenOption], WrapValidator(_one_or_more)]


@router.post("", openapi_extra=CART.parameters)
async def choose(cart_id: str, request: Request, body: Options, at: AtCounter) -> Response:
    """Choose a shipping option, replacing the previous method for items of its profile."""
    choices = [Choice(one.option_id, one.data) for one in body]
    return await answer_changed(request, at, cart_id, choose_options(choices))
