"""/admin/orders/{id}/payment-sessions/authorize: authorize the amount due for an order."""

from fastapi import Request, Response

from merx.api.admin.orders.resources import ORDER, UNKNOWN, answer_order
from merx.core.errors import NotAllowed, NotFound
from merx.core.kinds import Input
from merx.web.queries import read_query
from merx.web.router import Router
from merx.web.tills import Tills
from merx.workflows.selling.payment_sessions import authorize_session

router = Router(prefix="/orders", tags=["orders"])

_OF_ORDER = """SELECT EXISTS (SELECT FROM "order" o WHERE o.id = $1) AS is_order,
  EXISTS (SELECT FROM payment_session s JOIN order_payment_collection l
    ON l.payment_collection_id = s.payment_collection_id
    WHERE s.id = $2 AND l.order_id = $1 AND s.deleted_at IS NULL) AS is_its"""


class Authorize(Input):
    payment_session_id: str


@router.post("/{id}/payment-sessions/authorize", openapi_extra=ORDER.parameters)
async def authorize_order_session(
    id: str, request: Request, body: Authorize, till: Tills
) -> Response:
    """Ask the provider to authorize a payment session of the order."""
    read_query(request, ORDER)
    async with till.database.read() as tx:
        found = await tx.fetchrow(_OF_ORDER, id, body.payment_session_id)
    assert found is not None
    if not found["is_order"]:
        raise NotFound(UNKNOWN.format(id=id))
    if not found["is_its"]:
        raise NotFound(f"Payment session {body.payment_session_id} is not one of order {id}")
    authorized = await authorize_session(till, body.payment_session_id)
    if authorized.payment_id is None:
        raise NotAllowed(authorized.error)
    async with till.database.read() as tx:
        return await answer_order(tx, id, request)
