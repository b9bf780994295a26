"""/admin/sales-channels: where products are offered."""

from fastapi import Request, Response

from merx.modules.sales_channel.models import SalesChannel
from merx.modules.sales_channel.schemas import CreateSalesChannel, UpdateSalesChannel
from merx.web.bodies import check_rows
from merx.web.crud import Members, Writes, plain_router
from merx.web.filters import boolean, text, texts, times
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.shop.sales_channels import change_products, delete_sales_channels

SALES_CHANNEL = Resource(
    "sales_channel",
    "sales_channel",
    "sales_channels",
    "id, name, description, is_disabled, created_at, updated_at, deleted_at, metadata",
    {
        "id": texts("id"),
        "name": texts("name"),
        "description": text("description"),
        "is_disabled": boolean("is_disabled"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
        "location_id": texts("stock_locations.id"),
        "publishable_key_id": texts("publishable_api_keys.id"),
    },
    object="sales-channel",
    missing="Sales channel with id: {id} not found",
)

router = plain_router(
    "/sales-channels",
    SALES_CHANNEL,
    Writes(
        SalesChannel.__table__,
        "sc",
        create=CreateSalesChannel,
        update=UpdateSalesChannel,
        unknown='Sales channel with id "{id}" not found',
    ),
)


@router.delete("/{id}", openapi_extra=SALES_CHANNEL.deletion)
async def delete_sales_channel(id: str, tx: Write) -> dict[str, object]:
    """Delete a channel that is no store's default; deleting an id that does not exist succeeds."""
    await delete_sales_channels(tx, [id])
    return SALES_CHANNEL.deleted(id)


@router.post("/{id}/products", openapi_extra=SALES_CHANNEL.parameters)
async def change_products_of_channel(
    id: str, request: Request, body: Members, tx: Write
) -> Response:
    """Add products to the channel and remove them."""
    check_rows(request, len(body.add), len(body.remove))
    unknown = SALES_CHANNEL.not_found(id)
    await change_products(tx, id, add=body.add, remove=body.remove, unknown=unknown)
    return await answer_one(tx, SALES_CHANNEL, id, request)
