"""/admin/draft-orders/{id}/edit: changes to the lines of a draft, step by step."""

from fastapi import Request, Response

from merx.api.admin.previews import OrderPreview
from merx.core.database import Transaction
from merx.modules.order.draft_schemas import (
    AddItems,
    AddMethod,
    ChangeItem,
    ChangeMethod,
    PromoCodes,
)
from merx.web.answers import answers, answers_deleted
from merx.web.bodies import check_rows
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.transactions import Write, database
from merx.workflows.orders.edit_discounts import change_codes
from merx.workflows.orders.edit_methods import (
    add_method,
    change_added_method,
    change_method,
    remove_added_method,
    remove_method,
)
from merx.workflows.orders.edits import (
    Editing,
    add_items,
    begin_edit,
    cancel_edit,
    change_added_item,
    change_item,
    confirm_edit,
    open_edit,
    remove_action,
    request_edit,
)
from merx.workflows.orders.preview import preview_order

router = Router(prefix="/draft-orders", tags=["draft orders"])


_PREVIEW = answers(draft_order_preview=OrderPreview)


async def _preview(tx: Transaction, id: str) -> Response:
    return wrap(draft_order_preview=await preview_order(tx, id))


def _draft(id: str) -> Editing:
    return Editing(id, is_draft=True)


@router.post("/{id}/edit", openapi_extra=_PREVIEW)
async def begin_draft_edit(id: str, tx: Write) -> Response:
    """Open an edit."""
    await begin_edit(tx, _draft(id))
    return await _preview(tx, id)


@router.delete("/{id}/edit", openapi_extra=answers_deleted("draft-order-edit"))
async def cancel_draft_edit(id: str, tx: Write) -> dict[str, object]:
    """Cancel the edit."""
    await cancel_edit(tx, _draft(id))
    return {"id": id, "object": "draft-order-edit", "deleted": True}


@router.post("/{id}/edit/request", openapi_extra=_PREVIEW)
async def request_draft_edit(id: str, tx: Write) -> Response:
    """Mark the edit as requested."""
    await request_edit(tx, _draft(id))
    return await _preview(tx, id)


@router.post("/{id}/edit/confirm", openapi_extra=_PREVIEW)
async def confirm_draft_edit(id: str, tx: Write) -> Response:
    """Confirm the edit."""
    await confirm_edit(tx, _draft(id))
    return await _preview(tx, id)


@router.post("/{id}/edit/items", openapi_extra=_PREVIEW)
async def add_draft_items(id: str, request: Request, body: AddItems) -> Response:
    """Add lines."""
    check_rows(request, len(body.items))
    db = database(request)
    await add_items(db, request.app.state.tax_providers, _draft(id), body)
    async with db.write() as tx:
        return await _preview(tx, id)


@router.post("/{id}/edit/items/item/{item_id}", openapi_extra=_PREVIEW)
async def change_draft_item(id: str, item_id: str, body: ChangeItem, tx: Write) -> Response:
    """Change a line of the draft."""
    await change_item(tx, _draft(id), item_id, body)
    return await _preview(tx, id)


@router.post("/{id}/edit/items/{action_id}", openapi_extra=_PREVIEW)
async def change_added_draft_item(id: str, action_id: str, body: ChangeItem, tx: Write) -> Response:
    """Change a line that the edit adds."""
    await change_added_item(tx, _draft(id), action_id, body)
    return await _preview(tx, id)


@router.delete("/{id}/edit/items/{action_id}", openapi_extra=_PREVIEW)
async def remove_added_draft_item(id: str, action_id: str, tx: Write) -> Response:
    """Remove an action about a line from the edit."""
    await remove_action(tx, _draft(id), action_id)
    return await _preview(tx, id)


@router.post("/{id}/edit/promotions", openapi_extra=_PREVIEW)
async def add_draft_promotions(id: str, body: PromoCodes, tx: Write) -> Response:
    """Add promotions by their codes."""
    await change_codes(tx, await open_edit(tx, _draft(id)), body.promo_codes, add=True)
    return await _preview(tx, id)


@router.delete("/{id}/edit/promotions", openapi_extra=_PREVIEW)
async def remove_draft_promotions(id: str, body: PromoCodes, tx: Write) -> Response:
    """Remove promotions by their codes."""
    await change_codes(tx, await open_edit(tx, _draft(id)), body.promo_codes, add=False)
    return await _preview(tx, id)


@router.post("/{id}/edit/shipping-methods", openapi_extra=_PREVIEW)
async def add_draft_method(id: str, request: Request, body: AddMethod) -> Response:
    """Add a shipping method."""
    db, state = database(request), request.app.state
    await add_method(db, state.tax_providers, state.fulfillment_providers, _draft(id), body)
    async with db.write() as tx:
        return await _preview(tx, id)


@router.post("/{id}/edit/shipping-methods/method/{method_id}", openapi_extra=_PREVIEW)
async def change_draft_method(id: str, method_id: str, body: ChangeMethod, tx: Write) -> Response:
    """Change a shipping method of the draft."""
    await change_method(tx, _draft(id), method_id, body)
    return await _preview(tx, id)


@router.delete("/{id}/edit/shipping-methods/method/{method_id}", openapi_extra=_PREVIEW)
async def remove_draft_method(id: str, method_id: str, tx: Write) -> Response:
    """Remove a shipping method from the draft."""
    await remove_method(tx, _draft(id), method_id)
    return await _preview(tx, id)


@router.post("/{id}/edit/shipping-methods/{action_id}", openapi_extra=_PREVIEW)
async def change_added_draft_method(
    id: str, action_id: str, body: ChangeMethod, tx: Write
) -> Response:
    """Change a shipping method that the edit adds."""
    await change_added_method(tx, _draft(id), action_id, body)
    return await _preview(tx, id)


@router.delete("/{id}/edit/shipping-methods/{action_id}", openapi_extra=_PREVIEW)
async def remove_added_draft_method(id: str, action_id: str, tx: Write) -> Response:
    """Remove a shipping method that the edit adds."""
    await remove_added_method(tx, _draft(id), action_id)
    return await _preview(tx, id)
