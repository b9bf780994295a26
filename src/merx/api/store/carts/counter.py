"""Shared by the cart routes: the counter, the caller, and the answer with a changed cart."""

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from merx.access.customer import find_customer
from merx.api.store.carts.resources import CART
from merx.core.database import Transaction
from merx.web.queries import read_query
from merx.web.reads import find_one, wrap
from merx.web.transactions import database
from merx.workflows.selling.carts.change import Change, Counter, change_cart


async def counter(request: Request) -> Counter:
    """The counter of this process."""
    state = request.app.state
    return Counter(
        database(request),
        state.tax_providers,
        state.fulfillment_providers,
        state.wake_relay,
    )


async def _caller(request: Request) -> str | None:
    return await find_customer(request)


AtCounter = Annotated[Counter, Depends(counter)]
# The id of the logged-in customer, if any.
Caller = Annotated[str | None, Depends(_caller)]


async def answer_changed(
    request: Request,
    at: Counter,
    cart_id: str,
    change: Change,
    *,
    body: BaseModel | None = None,
    force_taxes: bool = False,
) -> Response:
    """Change a cart; answers with the cart, read in the same transaction."""
    query = read_query(request, CART)

    async def read(tx: Transaction, row_id: str) -> bytes:
        return await find_one(tx, CART, row_id, query)

    cart = await change_cart(at, cart_id, change, read, body=body, force_taxes=force_taxes)
    return wrap(cart=cart)
