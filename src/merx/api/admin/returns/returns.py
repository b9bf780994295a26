"""/admin/returns: returns, from the request to receiving."""

from fastapi import Request, Response

from merx.api.admin.previews import begun, previewed
from merx.api.admin.returns.resources import (
    RETURN,
    RETURNS,
    answer_preview,
    wake,
)
from merx.core.shapes import Json
from merx.modules.order.order_schemas import Quietly
from merx.modules.order.return_schemas import (
    AddMethod,
    BeginReceive,
    BeginReturn,
    PatchMethod,
    UpdateReturn,
)
from merx.web.queries import ReadQuery, read_query
from merx.web.reads import answer_one, answer_page, find_one, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write, database
from merx.workflows.delivery.fulfillments import handed_over
from merx.workflows.orders.change_shipping import (
    Part,
    add_method,
    price_method,
    remove_method,
    reprice_method,
)
from merx.workflows.orders.preview import begun_order, preview_order
from merx.workflows.orders.receive_returns import (
    begin_receive,
    cancel_receive,
    confirm_receive,
)
from merx.workflows.orders.return_fulfillments import plan_way_back, write_way_back
from merx.workflows.orders.returns import (
    REQUEST,
    begin_return,
    cancel_request,
    cancel_return,
    confirm_request,
    find_return,
    open_return,
    update_return,
)

router = Router(prefix="/returns", tags=["returns"])


@router.get("", openapi_extra=RETURNS.page_parameters)
async def list_returns(request: Request, tx: Read) -> Response:
    """List returns that match the filters."""
    return await answer_page(tx, RETURNS, request)


@router.post("", openapi_extra=RETURN.parameters | begun(RETURN))
async def create_return(request: Request, body: BeginReturn, tx: Write) -> Response:
    """Open a return for an order."""
    query = read_query(request, RETURN)
    return_id = await begin_return(tx, body)
    return wrap(
        order=await begun_order(tx, body.order_id),
        **{"return": await find_one(tx, RETURN, return_id, query)},
    )


@router.get("/{id}", openapi_extra=RETURN.parameters)
async def get_return(id: str, request: Request, tx: Read) -> Response:
    """Get a return."""
    return await answer_one(tx, RETURN, id, request)


@router.post("/{id}", openapi_extra=RETURN.parameters | previewed(RETURN))
async def update_one_return(id: str, request: Request, body: UpdateReturn, tx: Write) -> Response:
    """Change the location or note of a return."""
    query = read_query(request, RETURN)
    head = await update_return(tx, id, body)
    return await answer_preview(tx, head.order_id, id, query)


@router.post("/{id}/cancel", openapi_extra=RETURN.parameters)
async def cancel_one_return(id: str, request: Request, body: Quietly, tx: Write) -> Response:
    """Cancel a return of which nothing was received."""
    await cancel_return(tx, id, body.no_notification)
    return await answer_one(tx, RETURN, id, request)


@router.post("/{id}/request", openapi_extra=RETURN.parameters)
async def request_return(id: str, request: Request, body: Quietly) -> Response:
    """Request the return; with a shipping method, its provider is asked to pick the items up."""
    query = read_query(request, RETURN)
    db, providers = database(request), request.app.state.fulfillment_providers
    async with db.write() as tx:
        opened = await open_return(tx, id, REQUEST)
        head = await find_return(tx, id)
        wanted = await plan_way_back(tx, opened, head.location_id)
    if wanted is None:
        async with db.write() as tx:
            answer = await _request(tx, id, body, query)
        return wake(request, answer)
    async with (
        handed_over(db, providers, wanted, order_id=head.order_id, is_return=True) as handed,
        db.write() as tx,
    ):
        preview = await _request(tx, id, body, query)
        await write_way_back(tx, id, handed)
    return wake(request, preview)


async def _request(tx: Write, id: str, body: Quietly, query: ReadQuery) -> Response:
    opened = await open_return(tx, id, REQUEST)
    preview = await preview_order(tx, opened.head.id)
    await confirm_request(tx, opened, id, no_notification=body.no_notification)
    return wrap(order_preview=preview, **{"return": await find_one(tx, RETURN, id, query)})


@router.delete("/{id}/request", openapi_extra=RETURN.deletion)
async def cancel_return_request(id: str, tx: Write) -> Json:
    """Cancel a return that was not requested yet."""
    await cancel_request(tx, id)
    return RETURN.deleted(id)


@router.post("/{id}/shipping-method", openapi_extra=RETURN.parameters)
async def add_return_shipping(id: str, request: Request, body: AddMethod) -> Response:
    """Add a shipping method to the return."""
    query, db = read_query(request, RETURN), database(request)
    async with db.read() as tx:
        head = await find_return(tx, id, live=True)
    providers, taxes = request.app.state.fulfillment_providers, request.app.state.tax_providers
    method = await price_method(db, providers, taxes, head.order_id, body, is_return=True)
    async with db.write() as tx:
        opened = await open_return(tx, id, REQUEST)
        await add_method(tx, opened, method, Part(return_id=id))
        answer = await answer_preview(tx, head.order_id, id, query)
    return wake(request, answer)


@router.post(
    "/{id}/shipping-method/{action_id}", openapi_extra=RETURN.parameters | previewed(RETURN)
)
async def update_return_shipping(
    id: str, action_id: str, request: Request, body: PatchMethod, tx: Write
) -> Response:
    """Change the price of the return's shipping method."""
    query = read_query(request, RETURN)
    opened = await open_return(tx, id, REQUEST)
    await reprice_method(tx, opened, action_id, body)
    return await answer_preview(tx, opened.head.id, id, query)


@router.delete(
    "/{id}/shipping-method/{action_id}", openapi_extra=RETURN.parameters | previewed(RETURN)
)
async def remove_return_shipping(id: str, action_id: str, request: Request, tx: Write) -> Response:
    """Remove the return's shipping method."""
    query = read_query(request, RETURN)
    opened = await open_return(tx, id, REQUEST)
    await remove_method(tx, opened, action_id)
    return await answer_preview(tx, opened.head.id, id, query)


@router.post("/{id}/receive", openapi_extra=RETURN.parameters | begun(RETURN))
async def begin_return_reception(
    id: str, request: Request, body: BeginReceive, tx: Write
) -> Response:
    """Start to receive the return."""
    query = read_query(request, RETURN)
    order_id = await begin_receive(tx, id, body)
    return wrap(
        order=await begun_order(tx, order_id),
        **{"return": await find_one(tx, RETURN, id, query)},
    )


@router.delete("/{id}/receive", openapi_extra=RETURN.deletion)
async def cancel_return_reception(id: str, tx: Write) -> Json:
    """Cancel the receiving."""
    await cancel_receive(tx, id)
    return RETURN.deleted(id)


@router.post("/{id}/receive/confirm", openapi_extra=RETURN.parameters | previewed(RETURN))
async def confirm_return_reception(id: str, request: Request, body: Quietly, tx: Write) -> Response:
    """Confirm the receiving; undamaged units are restocked."""
    query = read_query(request, RETURN)
    head = await find_return(tx, id, live=True)
    await confirm_receive(tx, id, no_notification=body.no_notification)
    return await answer_preview(tx, head.order_id, id, query)
