"""What an admin reads of returns."""

from fastapi import Request, Response

from merx.core.database import Transaction
from merx.web.filters import texts, times
from merx.web.queries import ReadQuery
from merx.web.reads import find_one, wrap
from merx.web.resource import Resource
from merx.workflows.orders.preview import preview_order

_PLAIN = (
    "id, order_id, exchange_id, claim_id, display_id, location_id, order_version, status, metadata,"
    " no_notification, refund_amount, created_by, created_at, updated_at, canceled_at,"
    " requested_at, received_at"
)
_FILTERS = {
    "id": texts("id"),
    "order_id": texts("order_id"),
    "status": texts("status"),
    **{name: times(name) for name in ("created_at", "updated_at", "deleted_at")},
}
UNKNOWN = "Return id not found: {id}"

RETURNS = Resource("return", "return", "returns", _PLAIN, _FILTERS, limit=15, searchable=False)
RETURN = Resource(
    "return",
    "return",
    "returns",
    f"{_PLAIN}, *items, *items.reason, items.item.id, *items.detail",
    missing=UNKNOWN,
)


async def answer_preview(
    tx: Transaction, order_id: str, return_id: str, query: ReadQuery
) -> Response:
    """`{order_preview, return}`: the order as its open change would leave it."""
    return wrap(
        order_preview=await preview_order(tx, order_id),
        **{"return": await find_one(tx, RETURN, return_id, query)},
    )


def wake(request: Request, answer: Response) -> Response:
    """The answer of a route that commits by itself: wake the relay for its events."""
    request.app.state.wake_relay()
    return answer
