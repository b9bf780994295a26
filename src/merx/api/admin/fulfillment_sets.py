"""/admin/fulfillment-sets: ways in which a location delivers, and their service zones."""

from fastapi import Request, Response

from merx.modules.fulfillment.zone_schemas import CreateServiceZone, UpdateServiceZone
from merx.modules.fulfillment.zones import create_service_zone as create_zone
from merx.modules.fulfillment.zones import update_service_zone as update_zone
from merx.web.answers import answers_deleted
from merx.web.bodies import check_rows
from merx.web.queries import ReadQuery
from merx.web.reads import answer_one, find_one, wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.delivery.deletions import delete_fulfillment_sets
from merx.workflows.delivery.deletions import delete_service_zone as delete_zone

FULFILLMENT_SET = Resource(
    "fulfillment_set",
    "fulfillment_set",
    "fulfillment_sets",
    "id, name, type, created_at, updated_at, deleted_at, *service_zones, *service_zones.geo_zones",
    missing="FulfillmentSet with id: {id} was not found",
)
SERVICE_ZONE = Resource(
    "service_zone",
    "service_zone",
    "service_zones",
    "id, name, type, created_at, updated_at, deleted_at, *geo_zones",
    missing="Service zone with id: {id} not found",
)
# A deletion always shows the set as it was before, whatever `fields` asks for.
_PARENT = ReadQuery(
    "id, name, type, metadata, created_at, updated_at, deleted_at, *service_zones", {}
)

router = Router(prefix="/fulfillment-sets", tags=["fulfillment sets"])


@router.delete("/{id}", openapi_extra=FULFILLMENT_SET.deletion)
async def delete_fulfillment_set(id: str, tx: Write) -> dict[str, object]:
    """Delete a set with its zones and their options.

    Deleting an id that does not exist succeeds.
    """
    await delete_fulfillment_sets(tx, [id])
    return FULFILLMENT_SET.deleted(id)


@router.post("/{id}/service-zones", openapi_extra=FULFILLMENT_SET.parameters)
async def create_service_zone(
    id: str, request: Request, body: CreateServiceZone, tx: Write
) -> Response:
    """Add a zone to a set."""
    check_rows(request, len(body.geo_zones))
    await create_zone(tx, id, body)
    return await answer_one(tx, FULFILLMENT_SET, id, request)


@router.get("/{id}/service-zones/{zone_id}", openapi_extra=SERVICE_ZONE.parameters)
async def get_service_zone(id: str, zone_id: str, request: Request, tx: Read) -> Response:
    """Get a zone."""
    return await answer_one(tx, SERVICE_ZONE, zone_id, request)


@router.post("/{id}/service-zones/{zone_id}", openapi_extra=FULFILLMENT_SET.parameters)
async def update_service_zone(
    id: str, zone_id: str, request: Request, body: UpdateServiceZone, tx: Write
) -> Response:
    """Change a zone; given geo zones replace the old ones."""
    check_rows(request, len(body.geo_zones))
    await update_zone(tx, id, zone_id, body)
    return await answer_one(tx, FULFILLMENT_SET, id, request)


@router.delete(
    "/{id}/service-zones/{zone_id}",
    openapi_extra=FULFILLMENT_SET.parameters
    | answers_deleted("service_zone", parent=FULFILLMENT_SET),
)
async def delete_service_zone(id: str, zone_id: str, tx: Write) -> Response:
    """Delete a zone with its options; the answer shows the set as it was before."""
    parent = await find_one(tx, FULFILLMENT_SET, id, _PARENT)
    await delete_zone(tx, id, zone_id)
    return wrap(id=zone_id, object="service_zone", deleted=True, parent=parent)
