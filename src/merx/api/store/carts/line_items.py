"""/store/carts/:id/line-items."""

from fastapi import Request, Response

from merx.api.store.carts.counter import AtCounter, answer_changed
from merx.api.store.carts.resources import CART, LINE_ITEM
from merx.core.database import Transaction
from merx.modules.cart.schemas import AddLine, ChangeLine
from merx.web.answers import answers_deleted
from merx.web.queries import read_query
from merx.web.reads import find_one, wrap
from merx.web.router import Router
from merx.workflows.selling.carts.change import change_cart
from merx.workflows.selling.carts.lines import Wanted, add_lines, change_line, remove_lines

router = Router(prefix="/carts/{cart_id}/line-items", tags=["store carts"])


@router.post("", openapi_extra=CART.parameters)
async def add(cart_id: str, request: Request, body: AddLine, at: AtCounter) -> Response:
    """Add a variant; an existing line with the same metadata gets a larger quantity."""
    wanted = Wanted(body.variant_id, body.quantity, body.metadata)
    return await answer_changed(request, at, cart_id, add_lines([wanted]), body=body)


@router.post("/{line_id}", openapi_extra=CART.parameters)
async def update(
    cart_id: str, line_id: str, request: Request, body: ChangeLine, at: AtCounter
) -> Response:
    """Set the quantity; zero removes the line."""
    change = change_line(line_id, body.quantity, body.metadata)
    return await answer_changed(request, at, cart_id, change, body=body)


@router.delete(
    "/{line_id}", openapi_extra=CART.parameters | answers_deleted(LINE_ITEM, parent=CART)
)
async def remove(cart_id: str, line_id: str, request: Request, at: AtCounter) -> Response:
    """Remove a line; removing one that does not exist succeeds."""
    query = read_query(request, CART)

    async def read(tx: Transaction, row_id: str) -> bytes:
        return await find_one(tx, CART, row_id, query)

    parent = await change_cart(at, cart_id, remove_lines([line_id]), read)
    return wrap(id=line_id, object=LINE_ITEM, deleted=True, parent=parent)
