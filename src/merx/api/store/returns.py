"""/store/returns: returns requested by shoppers."""

from fastapi import Request, Response

from merx.core.errors import InvalidData
from merx.modules.order.return_schemas import StoreReturn
from merx.web.queries import read_query
from merx.web.reads import find_one, wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import database
from merx.workflows.orders.store_returns import return_goods

_PLAIN = (
    "id, order_id, display_id, order_version, status, location_id, no_notification, metadata,"
    " created_by, created_at, updated_at, deleted_at, requested_at, received_at, canceled_at"
)
_ITEM = (
    "id, return_id, item_id, reason_id, note, quantity, received_quantity, damaged_quantity,"
    " metadata, created_at, updated_at, deleted_at"
)
RETURN = Resource(
    "return",
    "return",
    "returns",
    f"{_PLAIN}, *items",
    allowed=(*_PLAIN.split(", "), "items", *(f"items.{one}" for one in _ITEM.split(", "))),
)
router = Router(prefix="/returns", tags=["store returns"])


@router.post("", openapi_extra=RETURN.parameters)
async def create_store_return(request: Request, body: StoreReturn) -> Response:
    """Request a return; the order's id is enough, as for reading the order."""
    if not body.items:
        raise InvalidData("Order return request should have at least 1 item")
    query = read_query(request, RETURN)
    db, providers = database(request), request.app.state.fulfillment_providers
    return_id = await return_goods(db, providers, body)
    request.app.state.wake_relay()
    async with db.read() as tx:
        return wrap(**{"return": await find_one(tx, RETURN, return_id, query)})
