"""/admin/returns/{id}/…-items: units to return, received units, and damaged ones."""

from fastapi import Request, Response

from merx.api.admin.previews import previewed
from merx.api.admin.returns.resources import RETURN, answer_preview
from merx.modules.order.change import Kind
from merx.modules.order.return_schemas import PatchReturnItem, ReceiveItems, RequestItems
from merx.web.queries import read_query
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.orders.receive_returns import receive_items
from merx.workflows.orders.returns import (
    RECEIVE,
    REQUEST,
    change_requested,
    open_return,
    remove_requested,
    request_items,
)

router = Router(prefix="/returns", tags=["returns"])


@router.post("/{id}/request-items", openapi_extra=RETURN.parameters | previewed(RETURN))
async def request_return_items(
    id: str, request: Request, body: RequestItems, tx: Write
) -> Response:
    """Add items to the return."""
    query = read_query(request, RETURN)
    opened = await open_return(tx, id, REQUEST)
    await request_items(tx, opened, id, body.items)
    return await answer_preview(tx, opened.head.id, id, query)


@router.post("/{id}/receive-items", openapi_extra=RETURN.parameters | previewed(RETURN))
async def receive_return_items(
    id: str, request: Request, body: ReceiveItems, tx: Write
) -> Response:
    """Record undamaged units that were received."""
    query = read_query(request, RETURN)
    order_id = await receive_items(tx, id, body.items, Kind.RECEIVE_RETURN_ITEM)
    return await answer_preview(tx, order_id, id, query)


@router.post("/{id}/dismiss-items", openapi_extra=RETURN.parameters | previewed(RETURN))
async def dismiss_return_items(
    id: str, request: Request, body: ReceiveItems, tx: Write
) -> Response:
    """Record damaged units that were received: they are refunded, but not restocked."""
    query = read_query(request, RETURN)
    order_id = await receive_items(tx, id, body.items, Kind.RECEIVE_DAMAGED_RETURN_ITEM)
    return await answer_preview(tx, order_id, id, query)


def _add_action_routes(path: str, change_type: str, kind: Kind, what: str) -> None:
    """Add the routes that change and remove one action of a list."""

    async def update_item(
        id: str, action_id: str, request: Request, body: PatchReturnItem, tx: Write
    ) -> Response:
        query = read_query(request, RETURN)
        opened = await open_return(tx, id, change_type)
        await change_requested(tx, opened, action_id, body, (kind,))
        return await answer_preview(tx, opened.head.id, id, query)

    async def remove_item(id: str, action_id: str, request: Request, tx: Write) -> Response:
        query = read_query(request, RETURN)
        opened = await open_return(tx, id, change_type)
        await remove_requested(tx, opened, action_id, (kind,))
        return await answer_preview(tx, opened.head.id, id, query)

    for method, route, verb in (("POST", update_item, "Change"), ("DELETE", remove_item, "Remove")):
        router.add_api_route(
            f"/{{id}}/{path}/{{action_id}}",
            route,
            methods=[method],
            name=f"{verb.lower()}_{what}",
            summary=f"{verb} {what.replace('_', ' ')}",
            openapi_extra=RETURN.parameters,
        )


_add_action_routes("request-items", REQUEST, Kind.RETURN_ITEM, "requested_return_item")
_add_action_routes("receive-items", RECEIVE, Kind.RECEIVE_RETURN_ITEM, "received_return_item")
_add_action_routes(
    "dismiss-items", RECEIVE, Kind.RECEIVE_DAMAGED_RETURN_ITEM, "dismissed_return_item"
)
