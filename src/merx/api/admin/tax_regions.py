"""/admin/tax-regions: countries and provinces under one tax regime."""

from fastapi import Request, Response

from merx.modules.tax.schemas import CreateTaxRegion, UpdateTaxRegion
from merx.web.crud import plain_router
from merx.web.filters import texts, times, words
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.pricing.tax_regions import (
    create_tax_regions,
    delete_tax_regions,
    update_tax_region,
)

TAX_REGION = Resource(
    "tax_region",
    "tax_region",
    "tax_regions",
    "id, country_code, province_code, parent_id, provider_id, created_by, created_at, updated_at,"
    " deleted_at, metadata, *children, *children.tax_rates, *children.tax_rates.rules, *parent,"
    " *tax_rates, *tax_rates.rules",
    {
        "id": texts("id"),
        "country_code": words("country_code"),
        "province_code": words("province_code"),
        "parent_id": words("parent_id"),
        "created_by": texts("created_by"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    missing="Tax region with id: {id} was not found",
)

router = plain_router("/tax-regions", TAX_REGION)


@router.post("", openapi_extra=TAX_REGION.parameters)
async def create_tax_region(request: Request, body: CreateTaxRegion, tx: Write) -> Response:
    """Create the tax region of a country or a province, optionally with its default rate."""
    [region_id] = await create_tax_regions(tx, [body])
    return await answer_one(tx, TAX_REGION, region_id, request)


@router.post("/{id}", openapi_extra=TAX_REGION.parameters)
async def update_one_tax_region(
    id: str, request: Request, body: UpdateTaxRegion, tx: Write
) -> Response:
    """Change a tax region."""
    await update_tax_region(tx, id, body)
    return await answer_one(tx, TAX_REGION, id, request)


@router.delete("/{id}", openapi_extra=TAX_REGION.deletion)
async def delete_tax_region(id: str, tx: Write) -> dict[str, object]:
    """Delete a tax region with those below it; deleting an id that does not exist succeeds."""
    await delete_tax_regions(tx, [id])
    return TAX_REGION.deleted(id)
