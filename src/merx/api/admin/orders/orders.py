"""/admin/orders: orders and their status."""

from fastapi import Request, Response

from merx.api.admin.orders.resources import (
    ALL_ORDERS,
    CHANGES,
    LINE_ITEMS,
    ORDER,
    ORDERS,
    answer_all,
    answer_order,
    read_order,
)
from merx.api.admin.previews import OrderPreview
from merx.modules.order.order_schemas import AddCreditLine, UpdateOrder
from merx.query.conditions import Compare, Every
from merx.web.answers import answers
from merx.web.reads import answer_page, wrap
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.orders.orders import (
    add_credit_line,
    archive_order,
    complete_order,
    update_order,
)
from merx.workflows.orders.preview import preview_order

router = Router(prefix="/orders", tags=["orders"])


@router.get("", openapi_extra=ORDERS.page_parameters)
async def list_orders(request: Request, tx: Read) -> Response:
    """List orders; drafts are listed by /admin/draft-orders."""
    return await answer_page(tx, ORDERS, request, ALL_ORDERS)


@router.get("/{id}", openapi_extra=ORDER.parameters)
async def get_order(id: str, request: Request, tx: Read) -> Response:
    """Get an order, at its current version or at the given `version`."""
    return await read_order(tx, id, request)


@router.post("/{id}", openapi_extra=ORDER.parameters)
async def update_one_order(id: str, request: Request, body: UpdateOrder, tx: Write) -> Response:
    """Change an order's e-mail, addresses, locale or metadata."""
    await update_order(tx, id, body)
    return await answer_order(tx, id, request)


@router.post("/{id}/complete", openapi_extra=ORDER.parameters)
async def complete_one_order(id: str, request: Request, tx: Write) -> Response:
    """Mark an order as completed."""
    await complete_order(tx, id)
    return await answer_order(tx, id, request)


@router.post("/{id}/archive", openapi_extra=ORDER.parameters)
async def archive_one_order(id: str, request: Request, tx: Write) -> Response:
    """Archive a completed order."""
    await archive_order(tx, id)
    return await answer_order(tx, id, request)


@router.post("/{id}/credit-lines", openapi_extra=ORDER.parameters)
async def add_one_credit_line(
    id: str, request: Request, body: AddCreditLine, tx: Write
) -> Response:
    """Add a credit line, which lowers the order's total."""
    await add_credit_line(tx, id, body)
    return await answer_order(tx, id, request)


@router.get("/{id}/changes", openapi_extra=CHANGES.all_parameters)
async def list_changes(id: str, request: Request, tx: Read) -> Response:
    """List all changes of an order, past and open, in order."""
    return await answer_all(tx, CHANGES, request, Compare(("order_id",), "=", id))


@router.get("/{id}/line-items", openapi_extra=LINE_ITEMS.all_parameters)
async def list_line_items(id: str, request: Request, tx: Read) -> Response:
    """List an order's items at a version, and since which version it has them."""
    version = request.query_params.get("version", "")
    if version.isdecimal():
        parts = (Compare(("order_id",), "=", id), Compare(("version",), "=", int(version)))
        return await answer_all(tx, LINE_ITEMS, request, Every(parts))
    return await answer_all(tx, LINE_ITEMS, request, Compare(("is_current_of",), "=", id))


@router.get("/{id}/preview", openapi_extra=answers(order=OrderPreview))
async def preview_one_order(id: str, tx: Write) -> Response:
    """Preview the order after its open change."""
    return wrap(order=await preview_order(tx, id))
