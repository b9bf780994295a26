"""Creates, changes and deletes promotions."""

from collections.abc import Sequence
from typing import Any

from merx.batch import Insert, Row, insert_all, lock_rows, patch_row, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.hooks import changes, run_hooks, without_bodies, without_ids
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.modules.promotion.campaigns import campaign_rows
from merx.modules.promotion.hooks import CAMPAIGNS, PROMOTIONS
from merx.modules.promotion.methods import (
    INCOMPLETE,
    MethodFacts,
    check_buy_get_body,
    check_method,
    check_rule_counts,
)
from merx.modules.promotion.models import (
    ApplicationMethod,
    Campaign,
    Promotion,
    PromotionRule,
)
from merx.modules.promotion.rules import check_rules, rule_rows
from merx.modules.promotion.schemas import CreatePromotion, UpdatePromotion
from merx.outbox import emit, emit_all

_PROMOTIONS = Promotion.__table__
_METHODS = ApplicationMethod.__table__
_APART = {"campaign", "application_method", "rules", "additional_data"}


async def create_promotion(tx: Transaction, draft: CreatePromotion) -> str:
    """Create a promotion with its method, its rules and, if given, a new campaign."""
    method = _method_columns(draft)
    _check_new(draft, MethodFacts.of(method))
    await run_hooks(tx, PROMOTIONS.creating, without_ids([draft]))
    promotion_id = new_id("promo")
    row = {"id": promotion_id, **draft.model_dump(exclude=_APART)}
    campaign: list[Insert] = []
    events: dict[str, list[str]] = {"promotion.created": [promotion_id]}
    if "campaign" in draft.model_fields_set:
        row["campaign_id"], campaign = campaign_rows(draft.campaign)
        events["campaign.created"] = [row["campaign_id"]]
    elif draft.campaign_id is not None:
        await _hold_campaign(tx, draft.campaign_id)
    rules = {
        "rules": draft.rules,
        "target_rules": draft.application_method.target_rules,
        "buy_rules": draft.application_method.buy_rules,
    }
    made = {"id": new_id("proappmet"), **method, "promotion_id": promotion_id}
    await insert_all(
        tx,
        *campaign,
        Insert(_PROMOTIONS, [row]),
        Insert(_METHODS, [made]),
        *rule_rows(promotion_id, rules),
    )
    await emit_all(tx, events)
    if campaign:
        made_with = changes(events["campaign.created"], [draft.campaign])
        await run_hooks(tx, CAMPAIGNS.created, made_with)
    await run_hooks(tx, PROMOTIONS.created, changes([promotion_id], [draft]))
    return promotion_id


def _method_columns(draft: CreatePromotion) -> Row:
    method = draft.application_method
    columns = method.model_dump(exclude={"description", "target_rules", "buy_rules"})
    if "allocation" not in method.model_fields_set:
        columns["allocation"] = None
    return columns


def _check_new(draft: CreatePromotion, method: MethodFacts) -> None:
    given = draft.application_method
    if draft.type == "buyget":
        check_buy_get_body(given.model_dump())
    _check_campaign(draft)
    check_rules([*draft.rules, *given.target_rules, *given.buy_rules])
    check_rule_counts(
        draft.type,
        method,
        target_rules=len(given.target_rules),
        buy_rules=len(given.buy_rules),
    )
    check_method(draft.type, method, is_new=True)


def _check_campaign(draft: CreatePromotion) -> None:
    if "campaign" not in draft.model_fields_set:
        return
    if draft.campaign_id is not None:
        raise InvalidData(INCOMPLETE)
    budget = draft.campaign.budget
    currency = draft.application_method.currency_code
    if budget and budget.type == "spend" and budget.currency_code != currency:
        raise InvalidData("Currency between promotion and campaigns should match")


async def _hold_campaign(tx: Transaction, campaign_id: str) -> None:
    if not await lock_rows(tx, Campaign.__table__, [campaign_id], shared=True):
        raise NotFound(f"Could not find campaign with id - {campaign_id}")


async def update_promotion(tx: Transaction, promotion_id: str, patch: UpdatePromotion) -> None:
    """Change a promotion and its method, which must be valid afterwards."""
    record = await _held(tx, promotion_id)
    change = changes([promotion_id], [patch])
    await run_hooks(tx, PROMOTIONS.updating, change)
    columns: dict[str, Any] = patch.model_dump(
        exclude_unset=True, exclude={"application_method", "additional_data"}
    )
    kind: str = columns.get("type", record["type"])
    if "application_method" in patch.model_fields_set:
        changed = patch.application_method.model_dump(exclude_unset=True, exclude={"description"})
        check_method(kind, MethodFacts.of({**record["method"], **changed}), is_new=False)
        await update_rows(tx, _METHODS, {promotion_id: changed}, key="promotion_id")
    if patch.campaign_id is not None:
        await _check_currencies(tx, promotion_id, patch.campaign_id)
    await patch_row(tx, _PROMOTIONS, promotion_id, columns)
    await emit(tx, "promotion.updated", [promotion_id])
    await run_hooks(tx, PROMOTIONS.updated, change)


_HELD = """
SELECT p.type, m.method_type, m.target_type, m.value, m.allocation, m.max_quantity,
  m.apply_to_quantity, m.buy_rules_min_quantity
FROM promotion p CROSS JOIN LATERAL (
  SELECT a.type AS method_type, a.* FROM promotion_application_method a
  WHERE a.promotion_id = p.id AND a.deleted_at IS NULL OFFSET 0) m
WHERE p.id = $1 AND p.deleted_at IS NULL FOR NO KEY UPDATE OF p"""


async def _held(tx: Transaction, promotion_id: str) -> Json:
    """The type of a promotion and its method, locked until the end."""
    record = await tx.fetchrow(_HELD, promotion_id)
    if record is None:
        raise NotFound(f"Promotion id not found: {promotion_id}")
    method = {**dict(record.items()), "type": record["method_type"]}
    return {"type": record["type"], "method": method}


_CURRENCIES = """
SELECT b.type, b.currency_code IS DISTINCT FROM m.currency_code AS differs
FROM promotion_campaign c
LEFT JOIN LATERAL (
  SELECT * FROM promotion_campaign_budget b
  WHERE b.campaign_id = c.id AND b.deleted_at IS NULL OFFSET 0) b ON true
LEFT JOIN LATERAL (
  SELECT m.currency_code FROM promotion_application_method m
  WHERE m.promotion_id = $2 AND m.deleted_at IS NULL OFFSET 0) m ON true
WHERE c.id = $1 AND c.deleted_at IS NULL FOR SHARE OF c"""


async def _check_currencies(tx: Transaction, promotion_id: str, campaign_id: str) -> None:
    """Refuse a campaign that does not exist, or whose budget is in another currency."""
    record = await tx.fetchrow(_CURRENCIES, campaign_id, promotion_id)
    if record is None:
        raise InvalidData(f"Could not find campaign with id {campaign_id}")
    if record["type"] == "spend" and record["differs"]:
        raise InvalidData(
            f"Currency code doesn't match for campaign ({campaign_id})"
            f" and promotion ({promotion_id})"
        )


_DELETE_VALUES = """
UPDATE promotion_rule_value value SET deleted_at = now(), updated_at = now()
FROM unnest($1::text[]) AS gone(id)
WHERE value.promotion_rule_id = gone.id AND CASE WHEN value.deleted_at IS NULL THEN true END"""


async def delete_promotions(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete promotions with their methods and rules; ids that do not exist are ignored."""
    found: list[str] = [record["id"] for record in await lock_rows(tx, _PROMOTIONS, ids)]
    if not found:
        return
    rows = without_bodies(found)
    await run_hooks(tx, PROMOTIONS.deleting, rows)
    rules = await soft_delete_rows(tx, PromotionRule.__table__, found, by="promotion_id")
    await tx.execute(_DELETE_VALUES, rules)
    await soft_delete_rows(tx, _METHODS, found, by="promotion_id")
    await soft_delete_rows(tx, _PROMOTIONS, found)
    await emit(tx, "promotion.deleted", found)
    await run_hooks(tx, PROMOTIONS.deleted, rows)
