"""A route's till: for routes that move money and so have two transactions with a provider call
between.

Such a route reads its query first, because nothing can be undone once the provider has been asked.
"""

from typing import Annotated

from fastapi import Depends, Request, Response

from merx.modules.payment.till import Till
from merx.web.queries import ReadQuery
from merx.web.reads import find_one, wrap
from merx.web.resource import Resource


async def till_of(request: Request) -> Till:
    """The till of the app that answers the request."""
    state = request.app.state
    return Till(state.database, state.payment_providers, state.payment_listeners, state.wake_relay)


Tills = Annotated[Till, Depends(till_of)]


async def answer_moved(till: Till, resource: Resource, row_id: str, query: ReadQuery) -> Response:
    """The row as it is after the money has moved."""
    async with till.database.read() as tx:
        return wrap(**{resource.singular: await find_one(tx, resource, row_id, query)})
