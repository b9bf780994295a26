"""/admin/products/export: products as a file."""

from fastapi import Request

from merx.api.admin.products.resources import PRODUCT
from merx.core.errors import InvalidData
from merx.query.plan import Plan
from merx.web.answers import Described, answers
from merx.web.queries import page_of
from merx.web.querystring import parse_query
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.imports.product_csv import ProductExport, every_field
from merx.workflows.stock.exports import request_export

router = Router(prefix="/products", tags=["products"])

_COMPLETE = {
    "name": "complete",
    "in": "query",
    "schema": {"type": "boolean"},
    "description": "with all that an import can take: metadata, categories, rules of prices, stock",
}


@router.post(
    "/export",
    status_code=202,
    openapi_extra=PRODUCT.page_parameters | Described([_COMPLETE]) | answers(transaction_id=str),
)
async def export_products(request: Request, tx: Write) -> dict[str, str]:
    """Export the products that match the filters to a CSV file; a notification links to it."""
    query = request.url.query
    plan = read_export(query).plan
    export_id = await request_export(tx, "product", query, plan, name="product-exports.csv")
    return {"transaction_id": export_id}


def read_export(query: str) -> ProductExport:
    """What the query exports: all pages."""
    complete = parse_query(query).get("complete", "false")
    if complete not in ("true", "false"):
        raise InvalidData("Invalid request: Expected type: 'boolean' for field 'complete'")
    asked = page_of(query, PRODUCT).plan
    fields = every_field() if complete == "true" else _text(query)
    root = PRODUCT.selection(fields, also=("handle",))
    plan = Plan(root, asked.condition, asked.orders, asked.with_deleted)
    return ProductExport(plan, is_complete=complete == "true")


def _text(query: str) -> str | None:
    fields = parse_query(query).get("fields")
    return fields if isinstance(fields, str) else None
