"""/admin/carts/:id/line-items/:id: custom prices of lines.

Merx's own: the reference leaves this to code.
"""

from fastapi import Request, Response

from merx.api.store.carts.counter import AtCounter, answer_changed
from merx.api.store.carts.resources import CART
from merx.modules.cart.schemas import LinePrice
from merx.web.router import Router
from merx.workflows.selling.carts.lines import set_price

router = Router(prefix="/carts/{cart_id}/line-items", tags=["carts"])


@router.post("/{line_id}", openapi_extra=CART.parameters)
async def price(
    cart_id: str, line_id: str, request: Request, body: LinePrice, at: AtCounter
) -> Response:
    """Set a custom price for a line, or with null restore the catalogue's."""
    change = set_price(line_id, body.unit_price)
    return await answer_changed(request, at, cart_id, change, body=body)
