"""/admin/stock-locations: stock locations, their sales channels and fulfillment providers."""

from fastapi import Request, Response

from merx.batch.members import change_members
from merx.core.database import Transaction
from merx.links.selling import LOCATION_PROVIDERS
from merx.links.stock import LOCATION_CHANNELS
from merx.modules.fulfillment.schemas import CreateFulfillmentSet
from merx.modules.stock_location.schemas import CreateStockLocation, UpdateStockLocation
from merx.outbox import emit
from merx.query.graph import Through
from merx.web.bodies import check_rows
from merx.web.crud import Members, plain_router
from merx.web.filters import texts, times
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.stock.stock_locations import (
    add_fulfillment_set,
    create_stock_locations,
    delete_stock_locations,
    update_stock_location,
)

STOCK_LOCATION = Resource(
    "stock_location",
    "stock_location",
    "stock_locations",
    "id, name, metadata, created_at, updated_at, address.id, address.address_1,"
    " address.address_2, address.city, address.country_code, address.phone, address.province,"
    " address.postal_code, address.metadata",
    {
        "id": texts("id"),
        "name": texts("name"),
        "address_id": texts("address_id"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
        "sales_channel_id": texts("sales_channels.id"),
    },
    missing="Stock location with id: {id} was not found",
)

router = plain_router("/stock-locations", STOCK_LOCATION)


@router.post("", openapi_extra=STOCK_LOCATION.parameters)
async def create_stock_location(request: Request, body: CreateStockLocation, tx: Write) -> Response:
    """Create a location, optionally with its address."""
    [location_id] = await create_stock_locations(tx, [body])
    return await answer_one(tx, STOCK_LOCATION, location_id, request)


@router.post("/{id}", openapi_extra=STOCK_LOCATION.parameters)
async def update_one_stock_location(
    id: str, request: Request, body: UpdateStockLocation, tx: Write
) -> Response:
    """Change a location and its address."""
    await update_stock_location(tx, id, body, unknown=STOCK_LOCATION.not_found(id))
    return await answer_one(tx, STOCK_LOCATION, id, request)


@router.delete("/{id}", openapi_extra=STOCK_LOCATION.deletion)
async def delete_stock_location(id: str, tx: Write) -> dict[str, object]:
    """Delete a location without reservations; deleting an id that does not exist succeeds."""
    await delete_stock_locations(tx, [id])
    return STOCK_LOCATION.deleted(id)


@router.post("/{id}/sales-channels", openapi_extra=STOCK_LOCATION.parameters)
async def change_sales_channels(id: str, request: Request, body: Members, tx: Write) -> Response:
    """Add sales channels to the location and remove them."""
    return await _change(id, request, body, tx, LOCATION_CHANNELS)


@router.post("/{id}/fulfillment-providers", openapi_extra=STOCK_LOCATION.parameters)
async def change_fulfillment_providers(
    id: str, request: Request, body: Members, tx: Write
) -> Response:
    """Add fulfillment providers to the location and remove them."""
    return await _change(id, request, body, tx, LOCATION_PROVIDERS)


@router.post("/{id}/fulfillment-sets", openapi_extra=STOCK_LOCATION.parameters)
async def create_fulfillment_set(
    id: str, request: Request, body: CreateFulfillmentSet, tx: Write
) -> Response:
    """Add a fulfillment set to the location."""
    await add_fulfillment_set(tx, id, body, unknown=STOCK_LOCATION.not_found(id))
    return await answer_one(tx, STOCK_LOCATION, id, request)


async def _change(
    id: str, request: Request, body: Members, tx: Transaction, join: Through
) -> Response:
    check_rows(request, len(body.add), len(body.remove))
    unknown = STOCK_LOCATION.not_found(id)
    await change_members(tx, join, id, add=body.add, remove=body.remove, unknown=unknown)
    await emit(tx, "stock-location.updated", [id])
    return await answer_one(tx, STOCK_LOCATION, id, request)
