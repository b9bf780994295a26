"""/admin/campaigns: a period and a budget that promotions share."""

from fastapi import Request, Response

from merx.api.admin.promotions.resources import CAMPAIGN
from merx.modules.promotion.campaigns import (
    change_promotions,
    create_campaign,
    delete_campaigns,
    update_campaign,
)
from merx.modules.promotion.schemas import CreateCampaign, UpdateCampaign
from merx.web.bodies import check_rows
from merx.web.crud import Members, plain_router
from merx.web.reads import answer_one
from merx.web.transactions import Write

router = plain_router("/campaigns", CAMPAIGN)


@router.post("", openapi_extra=CAMPAIGN.parameters)
async def create(request: Request, body: CreateCampaign, tx: Write) -> Response:
    """Create a campaign with its budget."""
    campaign_id = await create_campaign(tx, body)
    return await answer_one(tx, CAMPAIGN, campaign_id, request)


@router.post("/{id}", openapi_extra=CAMPAIGN.parameters)
async def update(id: str, request: Request, body: UpdateCampaign, tx: Write) -> Response:
    """Change a campaign and the limit of its budget."""
    await update_campaign(tx, id, body)
    return await answer_one(tx, CAMPAIGN, id, request)


@router.delete("/{id}", openapi_extra=CAMPAIGN.deletion)
async def delete(id: str, tx: Write) -> dict[str, object]:
    """Delete a campaign; its promotions stay. Deleting an id that does not exist succeeds."""
    await delete_campaigns(tx, [id])
    return CAMPAIGN.deleted(id)


@router.post("/{id}/promotions", openapi_extra=CAMPAIGN.parameters)
async def change_promotions_of_campaign(
    id: str, request: Request, body: Members, tx: Write
) -> Response:
    """Remove promotions from the campaign, or add promotions without one."""
    check_rows(request, len(body.add), len(body.remove))
    await change_promotions(tx, id, add=body.add, remove=body.remove)
    return await answer_one(tx, CAMPAIGN, id, request)
