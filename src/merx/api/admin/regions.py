"""/admin/regions: countries that share a currency and tax settings."""

from fastapi import Request, Response

from merx.modules.region.schemas import CreateRegion, UpdateRegion
from merx.web.bodies import check_rows
from merx.web.crud import plain_router
from merx.web.filters import texts, times
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.pricing.regions import create_regions, delete_regions, update_region

REGION = Resource(
    "region",
    "region",
    "regions",
    "id, name, currency_code, created_at, updated_at, deleted_at, automatic_taxes, metadata,"
    " *countries",
    {
        "id": texts("id"),
        "currency_code": texts("currency_code"),
        "name": texts("name"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    limit=50,
    missing="Region with id: {id} not found",
)

router = plain_router("/regions", REGION)


@router.post("", openapi_extra=REGION.parameters)
async def create_region(request: Request, body: CreateRegion, tx: Write) -> Response:
    """Create a region of countries that belong to no other region."""
    check_rows(request, len(body.countries), len(body.payment_providers))
    [region_id] = await create_regions(tx, [body])
    return await answer_one(tx, REGION, region_id, request)


@router.post("/{id}", openapi_extra=REGION.parameters)
async def update_one_region(id: str, request: Request, body: UpdateRegion, tx: Write) -> Response:
    """Change a region; given lists replace the old ones."""
    check_rows(request, len(body.countries), len(body.payment_providers))
    await update_region(tx, id, body)
    return await answer_one(tx, REGION, id, request)


@router.delete("/{id}", openapi_extra=REGION.deletion)
async def delete_region(id: str, tx: Write) -> dict[str, object]:
    """Delete a region; deleting an id that does not exist succeeds."""
    await delete_regions(tx, [id])
    return REGION.deleted(id)
