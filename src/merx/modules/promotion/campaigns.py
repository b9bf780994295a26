"""Creates, changes and deletes campaigns, and changes their promotions."""

from collections.abc import Sequence
from typing import Any

from merx.batch import Insert, insert_all, lock_rows, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import NO_SUCH_ENTITY, InvalidData, NotFound, check_present
from merx.core.hooks import changes, run_hooks, without_bodies, without_ids
from merx.core.ids import new_id
from merx.modules.promotion.hooks import CAMPAIGNS
from merx.modules.promotion.models import Campaign, CampaignBudget, CampaignBudgetUsage, Promotion
from merx.modules.promotion.schemas import CampaignOfPromotion, UpdateCampaign
from merx.outbox import emit, emit_all

_CAMPAIGNS = Campaign.__table__
_BUDGETS = CampaignBudget.__table__


def campaign_rows(draft: CampaignOfPromotion) -> tuple[str, list[Insert]]:
    """The rows of a new campaign and its budget, and its id."""
    campaign_id = new_id("procamp")
    columns = draft.model_dump(exclude={"budget", "additional_data"})
    rows = [Insert(_CAMPAIGNS, [{"id": campaign_id, **columns}])]
    if draft.budget is not None:
        budget = {"id": new_id("probudg"), **draft.budget.model_dump(), "campaign_id": campaign_id}
        rows.append(Insert(_BUDGETS, [budget]))
    return campaign_id, rows


async def create_campaign(tx: Transaction, draft: CampaignOfPromotion) -> str:
    """Create a campaign; returns its id."""
    await run_hooks(tx, CAMPAIGNS.creating, without_ids([draft]))
    campaign_id, rows = campaign_rows(draft)
    await insert_all(tx, *rows)
    await emit(tx, "campaign.created", [campaign_id])
    await run_hooks(tx, CAMPAIGNS.created, changes([campaign_id], [draft]))
    return campaign_id


async def update_campaign(tx: Transaction, campaign_id: str, patch: UpdateCampaign) -> None:
    """Change a campaign and the limit of its budget."""
    change = changes([campaign_id], [patch])
    await run_hooks(tx, CAMPAIGNS.updating, change)
    columns: dict[str, Any] = patch.model_dump(
        exclude_unset=True, exclude={"budget", "additional_data"}
    )
    if not await update_rows(tx, _CAMPAIGNS, {campaign_id: columns}):
        raise NotFound(f'Campaign with id "{campaign_id}" not found')
    if "limit" in patch.budget.model_fields_set:
        await _change_limit(tx, campaign_id, patch)
    await emit(tx, "campaign.updated", [campaign_id])
    await run_hooks(tx, CAMPAIGNS.updated, change)


async def _change_limit(tx: Transaction, campaign_id: str, patch: UpdateCampaign) -> None:
    limit = {"limit": patch.budget.limit}
    if not await update_rows(tx, _BUDGETS, {campaign_id: limit}, key="campaign_id"):
        message = f"Campaign {campaign_id} has no budget"
        raise InvalidData(message, problems=[{"path": "budget", "message": message}])


async def delete_campaigns(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete campaigns with their budgets; their promotions stay active without them, as on the
    reference.

    Ids that do not exist are ignored.
    """
    found: list[str] = [record["id"] for record in await lock_rows(tx, _CAMPAIGNS, ids)]
    rows = without_bodies(found)
    await run_hooks(tx, CAMPAIGNS.deleting, rows)
    budgets = await soft_delete_rows(tx, _BUDGETS, found, by="campaign_id")
    await soft_delete_rows(tx, CampaignBudgetUsage.__table__, budgets, by="budget_id")
    await soft_delete_rows(tx, _CAMPAIGNS, found)
    await emit(tx, "campaign.deleted", found)
    await run_hooks(tx, CAMPAIGNS.deleted, rows)


async def change_promotions(
    tx: Transaction, campaign_id: str, *, add: Sequence[str], remove: Sequence[str]
) -> None:
    """Add promotions without a campaign to one, then remove promotions."""
    if not await lock_rows(tx, _CAMPAIGNS, [campaign_id], shared=True):
        raise NotFound(f"Campaign with id: {campaign_id} was not found")
    records = await lock_rows(tx, Promotion.__table__, [*add, *remove], "campaign_id")
    campaigns: dict[str, str | None] = {row["id"]: row["campaign_id"] for row in records}
    check_present(dict.fromkeys(add), campaigns, NO_SUCH_ENTITY.format("promotion_id"))
    come = [one for one in add if campaigns[one] is None and one not in remove]
    gone = [one for one in remove if campaigns.get(one) == campaign_id]
    patches: dict[str, dict[str, Any]] = {one: {"campaign_id": campaign_id} for one in come}
    patches |= {one: {"campaign_id": None} for one in gone}
    changed = await update_rows(tx, Promotion.__table__, patches)
    await emit_all(tx, {"campaign.updated": [campaign_id], "promotion.updated": sorted(changed)})
