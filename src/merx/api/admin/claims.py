"""/admin/claims: complaints about an order, with replacements and refunds."""

from fastapi import Request, Response

from merx.api.admin.order_parts import PartRoutes
from merx.api.admin.previews import begun, previewed
from merx.modules.order.change import Kind
from merx.modules.order.part_kinds import CLAIM
from merx.modules.order.return_schemas import BeginClaim, ClaimItems, PatchReturnItem
from merx.web.filters import texts, times
from merx.web.queries import read_query
from merx.web.reads import find_one, wrap
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.orders.order_parts import begin_part, claim_items, open_part
from merx.workflows.orders.preview import begun_order
from merx.workflows.orders.returns import change_requested, remove_requested

_PLAIN = (
    "id, type, order_id, return_id, display_id, order_version, refund_amount, created_by,"
    " created_at, updated_at, canceled_at"
)
_FILTERS = {
    "id": texts("id"),
    "order_id": texts("order_id"),
    **{name: times(name) for name in ("created_at", "updated_at", "deleted_at")},
}
CLAIMS = Resource("order_claim", "claim", "claims", _PLAIN, _FILTERS, limit=15, searchable=False)
WHOLE = Resource(
    "order_claim",
    "claim",
    "claims",
    f"{_PLAIN}, *additional_items, additional_items.item.id, *additional_items.detail,"
    " *claim_items, claim_items.item.id, *claim_items.detail",
    missing="Claim with id: {id} was not found",
)
_ROUTES = PartRoutes(CLAIM, CLAIMS, WHOLE)
router = _ROUTES.router
_KINDS = (Kind.WRITE_OFF_ITEM,)


@router.post("", openapi_extra=WHOLE.parameters | begun(WHOLE))
async def create_claim(request: Request, body: BeginClaim, tx: Write) -> Response:
    """Open a claim for an order."""
    query = read_query(request, WHOLE)
    claim_id = await begin_part(tx, CLAIM, body, type=body.type)
    return wrap(
        order=await begun_order(tx, body.order_id),
        claim=await find_one(tx, WHOLE, claim_id, query),
    )


@router.post("/{id}/claim-items", openapi_extra=WHOLE.parameters | previewed(WHOLE))
async def add_claim_items(id: str, request: Request, body: ClaimItems, tx: Write) -> Response:
    """Add items to the claim."""
    await claim_items(tx, CLAIM, id, body.items)
    return await _ROUTES.preview(tx, id, read_query(request, WHOLE))


@router.post("/{id}/claim-items/{action_id}", openapi_extra=WHOLE.parameters | previewed(WHOLE))
async def change_claim_item(
    id: str, action_id: str, request: Request, body: PatchReturnItem, tx: Write
) -> Response:
    """Change an item of the claim."""
    await change_requested(tx, await open_part(tx, CLAIM, id), action_id, body, _KINDS)
    return await _ROUTES.preview(tx, id, read_query(request, WHOLE))


@router.delete("/{id}/claim-items/{action_id}", openapi_extra=WHOLE.parameters | previewed(WHOLE))
async def remove_claim_item(id: str, action_id: str, request: Request, tx: Write) -> Response:
    """Remove an item from the claim."""
    await remove_requested(tx, await open_part(tx, CLAIM, id), action_id, _KINDS)
    return await _ROUTES.preview(tx, id, read_query(request, WHOLE))
