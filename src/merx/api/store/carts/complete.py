"""/store/carts/:id/complete."""

from typing import Any, Literal

from fastapi import Request, Response

from merx.api.store.carts.placed_order import PLACED_ORDER
from merx.api.store.carts.resources import CART
from merx.providers.payment import SessionStatus
from merx.web.answers import Maybe, answers
from merx.web.queries import read_query
from merx.web.reads import find_one, wrap
from merx.web.router import Router
from merx.web.tills import Tills
from merx.workflows.orders.complete_carts import complete_cart

# Completing a cart twice returns the same order.
router = Router(prefix="/carts/{cart_id}/complete", tags=["store carts"], is_repeatable=True)

_TYPES = {SessionStatus.REQUIRES_MORE: "payment_requires_more_error"}


_PLACED = answers(
    type=Literal["order", "cart"],
    order=Maybe(PLACED_ORDER),
    cart=Maybe(CART),
    error=Maybe(dict[str, Any]),
)


@router.post("", openapi_extra=PLACED_ORDER.parameters | _PLACED)
async def complete(cart_id: str, request: Request, till: Tills) -> Response:
    """Complete a cart: answers with the order, or with the cart and why it is not paid."""
    query = read_query(request, PLACED_ORDER)
    done = await complete_cart(till, cart_id)
    async with till.database.read() as tx:
        if done.order_id is not None:
            order = await find_one(tx, PLACED_ORDER, done.order_id, query)
            return wrap(type="order", order=order)
        cart = await find_one(tx, CART, cart_id, read_query(request, CART))
    kind = _TYPES.get(done.status, "payment_authorization_error")
    error = {"message": done.error, "name": "Error", "type": kind}
    return wrap(type="cart", cart=cart, error=error)
