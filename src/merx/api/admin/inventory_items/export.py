"""/admin/inventory-items/export: items and their stock as a file."""

from fastapi import Request

from merx.api.admin.inventory_items.resources import INVENTORY_ITEM
from merx.query.graph import Kind
from merx.query.plan import Plan
from merx.web.answers import answers
from merx.web.queries import page_of
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.stock.exports import request_export
from merx.workflows.stock.inventory_csv import RELATED, ItemExport

router = Router(prefix="/inventory-items", tags=["inventory items"])


@router.post(
    "/export",
    status_code=202,
    openapi_extra=INVENTORY_ITEM.page_parameters | answers(transaction_id=str),
)
async def export_inventory_items(request: Request, tx: Write) -> dict[str, str]:
    """Export the items that match the filters to a CSV file; a notification links to it."""
    query = request.url.query
    plan, name = read_export(query).plan, "inventory-item-exports.csv"
    export_id = await request_export(tx, "inventory-item", query, plan, name=name)
    return {"transaction_id": export_id}


def read_export(query: str) -> ItemExport:
    """What the query exports: all pages, with plain fields of an item."""
    asked = page_of(query, INVENTORY_ITEM).plan
    entity = asked.root.entity
    plain = (name for name in asked.root.fields if entity.fields[name].kind is not Kind.JSON)
    columns = tuple(dict.fromkeys(("id", "sku", *plain)))
    root = INVENTORY_ITEM.selection(",".join((*columns, *RELATED)))
    return ItemExport(columns, Plan(root, asked.condition, asked.orders, asked.with_deleted))
