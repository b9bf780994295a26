"""/admin/order-edits: changes to the lines and shipping methods of an order, step by step."""

from fastapi import Request, Response

from merx.api.admin.orders.resources import CHANGES
from merx.api.admin.previews import PREVIEW
from merx.core.database import Transaction
from merx.modules.order.draft_schemas import AddMethod, ChangeItem, ChangeMethod
from merx.modules.order.order_schemas import Quietly
from merx.modules.order.return_schemas import AddVariants, BeginEdit, PatchAdded
from merx.web.answers import answers, answers_deleted
from merx.web.bodies import check_rows
from merx.web.queries import ReadQuery
from merx.web.reads import find_one, wrap
from merx.web.router import Router
from merx.web.transactions import Write, database
from merx.workflows.orders.edit_methods import (
    add_method,
    change_added_method,
    remove_added_method,
)
from merx.workflows.orders.edits import (
    Editing,
    add_items,
    cancel_edit,
    change_item,
    open_edit,
    remove_action,
    request_edit,
)
from merx.workflows.orders.order_edits import (
    added,
    begin_order_edit,
    confirm_order_edit,
    patch_added,
)
from merx.workflows.orders.preview import preview_order

router = Router(prefix="/order-edits", tags=["order edits"])
_WHOLE = ReadQuery("+deleted_at", {})


async def _preview(tx: Transaction, id: str) -> Response:
    return wrap(order_preview=await preview_order(tx, id))


@router.post("", openapi_extra=answers(order_change=CHANGES))
async def begin(body: BeginEdit, tx: Write) -> Response:
    """Open an edit of an order."""
    change_id = await begin_order_edit(tx, body)
    return wrap(order_change=await find_one(tx, CHANGES, change_id, _WHOLE))


@router.delete("/{id}", openapi_extra=answers_deleted("order-edit"))
async def cancel(id: str, tx: Write) -> dict[str, object]:
    """Cancel the edit."""
    await cancel_edit(tx, Editing(id))
    return {"id": id, "object": "order-edit", "deleted": True}


@router.post("/{id}/request", openapi_extra=PREVIEW)
async def request_order_edit(id: str, body: Quietly, tx: Write) -> Response:
    """Mark the edit as requested, waiting for its confirmation."""
    await request_edit(tx, Editing(id))
    return await _preview(tx, id)


@router.post("/{id}/confirm", openapi_extra=PREVIEW)
async def confirm(id: str, tx: Write) -> Response:
    """Confirm the edit; the answer equals its preview."""
    await open_edit(tx, Editing(id))
    answer = await _preview(tx, id)
    await confirm_order_edit(tx, id)
    return answer


@router.post("/{id}/items", openapi_extra=PREVIEW)
async def add_order_items(id: str, request: Request, body: AddVariants) -> Response:
    """Add variants."""
    check_rows(request, len(body.items))
    db = database(request)
    await add_items(db, request.app.state.tax_providers, Editing(id), added(body.items))
    async with db.write() as tx:
        return await _preview(tx, id)


@router.post("/{id}/items/item/{item_id}", openapi_extra=PREVIEW)
async def change_order_item(id: str, item_id: str, body: ChangeItem, tx: Write) -> Response:
    """Change a line of the order."""
    await change_item(tx, Editing(id), item_id, body)
    return await _preview(tx, id)


@router.post("/{id}/items/{action_id}", openapi_extra=PREVIEW)
async def change_added_order_item(id: str, action_id: str, body: PatchAdded, tx: Write) -> Response:
    """Change a line that the edit adds."""
    await patch_added(tx, Editing(id), action_id, body)
    return await _preview(tx, id)


@router.delete("/{id}/items/{action_id}", openapi_extra=PREVIEW)
async def remove_order_item(id: str, action_id: str, tx: Write) -> Response:
    """Remove an action about a line from the edit."""
    await remove_action(tx, Editing(id), action_id)
    return await _preview(tx, id)


@router.post("/{id}/shipping-method", openapi_extra=PREVIEW)
async def add_order_method(id: str, request: Request, body: AddMethod) -> Response:
    """Add a shipping method."""
    db, state = database(request), request.app.state
    await add_method(db, state.tax_providers, state.fulfillment_providers, Editing(id), body)
    async with db.write() as tx:
        return await _preview(tx, id)


@router.post("/{id}/shipping-method/{action_id}", openapi_extra=PREVIEW)
async def change_order_method(id: str, action_id: str, body: ChangeMethod, tx: Write) -> Response:
    """Change a shipping method that the edit adds."""
    await change_added_method(tx, Editing(id), action_id, body)
    return await _preview(tx, id)


@router.delete("/{id}/shipping-method/{action_id}", openapi_extra=PREVIEW)
async def remove_order_method(id: str, action_id: str, tx: Write) -> Response:
    """Remove a shipping method that the edit adds."""
    await remove_added_method(tx, Editing(id), action_id)
    return await _preview(tx, id)
