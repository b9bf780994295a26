"""/admin/exchanges: items of an order that are returned, and those sent instead."""

from fastapi import Request, Response

from merx.api.admin.order_parts import PartRoutes
from merx.api.admin.previews import begun
from merx.modules.order.part_kinds import EXCHANGE
from merx.modules.order.return_schemas import BeginPart
from merx.web.filters import texts, times
from merx.web.queries import read_query
from merx.web.reads import find_one, wrap
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.orders.order_parts import begin_part
from merx.workflows.orders.preview import begun_order

_PLAIN = (
    "id, order_id, return_id, display_id, order_version, created_by, created_at, updated_at,"
    " canceled_at"
)
_FILTERS = {
    "id": texts("id"),
    "order_id": texts("order_id"),
    **{name: times(name) for name in ("created_at", "updated_at", "deleted_at")},
}
EXCHANGES = Resource(
    "order_exchange", "exchange", "exchanges", _PLAIN, _FILTERS, limit=15, searchable=False
)
WHOLE = Resource(
    "order_exchange",
    "exchange",
    "exchanges",
    f"{_PLAIN}, *additional_items, additional_items.item.id, *additional_items.detail",
    missing="Exchange with id: {id} was not found",
)
router = PartRoutes(EXCHANGE, EXCHANGES, WHOLE).router


@router.post("", openapi_extra=WHOLE.parameters | begun(WHOLE))
async def create_exchange(request: Request, body: BeginPart, tx: Write) -> Response:
    """Open an exchange for an order."""
    query = read_query(request, WHOLE)
    exchange_id = await begin_part(tx, EXCHANGE, body)
    return wrap(
        order=await begun_order(tx, body.order_id),
        exchange=await find_one(tx, WHOLE, exchange_id, query),
    )
