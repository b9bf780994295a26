"""/admin/orders/export: orders as a file."""

from fastapi import Request

from merx.api.admin.orders.resources import ALL_ORDERS, ORDERS
from merx.query.plan import Plan
from merx.web.answers import answers
from merx.web.queries import page_of
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.orders.order_csv import COLUMNS
from merx.workflows.stock.exports import request_export

router = Router(prefix="/orders", tags=["orders"])


@router.post(
    "/export", status_code=202, openapi_extra=ORDERS.page_parameters | answers(transaction_id=str)
)
async def export_orders(request: Request, tx: Write) -> dict[str, str]:
    """Export the orders that match the filters to a CSV file; a notification links to it."""
    query = request.url.query
    plan = read_export(query)
    export_id = await request_export(tx, "order", query, plan, name="order-exports.csv")
    return {"transaction_id": export_id}


def read_export(query: str) -> Plan:
    """What the query exports: all pages."""
    asked = page_of(query, ORDERS, ALL_ORDERS).plan
    root = ORDERS.selection(",".join(COLUMNS))
    return Plan(root, asked.condition, asked.orders, asked.with_deleted)
