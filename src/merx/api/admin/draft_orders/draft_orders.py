"""/admin/draft-orders: orders that an admin prepares for a buyer."""

from fastapi import Request, Response

from merx.api.admin.draft_orders.resources import DRAFT, DRAFTS, IS_DRAFT, ORDER, READ
from merx.modules.order.draft_schemas import CreateDraft, UpdateDraft
from merx.web.answers import answers
from merx.web.bodies import check_rows
from merx.web.queries import read_query
from merx.web.reads import answer_one, answer_page
from merx.web.router import Router
from merx.web.transactions import Read, Write, database
from merx.workflows.orders.drafts import convert_draft, create_draft, delete_draft, update_draft

router = Router(prefix="/draft-orders", tags=["draft orders"])


@router.get("", openapi_extra=DRAFTS.page_parameters)
async def list_draft_orders(request: Request, tx: Read) -> Response:
    """List draft orders."""
    return await answer_page(tx, DRAFTS, request, IS_DRAFT)


@router.get("/{id}", openapi_extra=DRAFT.parameters)
async def get_draft_order(id: str, request: Request, tx: Read) -> Response:
    """Get a draft order."""
    return await answer_one(tx, READ, id, request, IS_DRAFT)


@router.post("", openapi_extra=DRAFT.parameters)
async def create_draft_order(request: Request, body: CreateDraft) -> Response:
    """Create a draft with its lines, priced, taxed and discounted like a cart."""
    check_rows(request, len(body.items), len(body.shipping_methods))
    read_query(request, DRAFT)
    db = database(request)
    draft_id = await create_draft(db, request.app.state.tax_providers, body)
    request.app.state.wake_relay()
    async with db.read() as tx:
        return await answer_one(tx, DRAFT, draft_id, request)


@router.post("/{id}", openapi_extra=DRAFT.parameters)
async def update_draft_order(id: str, request: Request, body: UpdateDraft, tx: Write) -> Response:
    """Change a draft's customer, addresses, locale or metadata."""
    await update_draft(tx, id, body)
    return await answer_one(tx, DRAFT, id, request)


@router.delete("/{id}", openapi_extra=DRAFT.deletion)
async def delete_draft_order(id: str, tx: Write) -> dict[str, object]:
    """Delete a draft."""
    await delete_draft(tx, id)
    return DRAFT.deleted(id)


@router.post("/{id}/convert-to-order", openapi_extra=DRAFT.parameters | answers(order=ORDER))
async def convert_to_order(id: str, request: Request, tx: Write) -> Response:
    """Turn a draft into an order."""
    await convert_draft(tx, id)
    return await answer_one(tx, ORDER, id, request)
