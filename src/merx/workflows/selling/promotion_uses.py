"""Counts the uses of promotions and budgets by orders, recounts them for edits, and gives them back
on cancellation.

Everything runs in the transaction that completes, edits or cancels the order, as late as possible,
and locks promotions, budgets and usages in this order, each by id. Every count is a guarded update:
of many that want the last use one gets it, and the others' transactions fail.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

import asyncpg

from merx.batch import insert_rows, lock_rows
from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.core.ids import new_ids
from merx.modules.promotion.engine import budget_use
from merx.modules.promotion.facts import Budget
from merx.modules.promotion.facts import Promotion as FactsPromotion
from merx.modules.promotion.models import CampaignBudget, Promotion, PromotionUse
from merx.workflows.selling.promotions import Offers

_EXCEEDED = "Promotion usage exceeds the budget limit."


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything that a promotion took off an order."""

    promotion_id: str
    amount: Decimal


_STATES = """
SELECT p.id, p.code, p."limit", p.status = 'active' AND p.deleted_at IS NULL
    AND coalesce(now() >= c.starts_at, true) AND coalesce(now() <= c.ends_at, true) AS holds,
  b.id AS budget_id, b.type, b."limit" AS budget_limit, b.used, b.attribute
FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM promotion q WHERE q.id = given.id OFFSET 0) p
LEFT JOIN LATERAL (
  SELECT * FROM promotion_campaign k
  WHERE k.id = p.campaign_id AND k.deleted_at IS NULL OFFSET 0) c ON true
LEFT JOIN LATERAL (
  SELECT * FROM promotion_campaign_budget k
  WHERE k.campaign_id = c.id AND k.deleted_at IS NULL OFFSET 0) b ON true
ORDER BY p.id"""

_USE_PROMOTIONS = """
UPDATE promotion SET used = used + 1, updated_at = now()
WHERE id = ANY($1::text[]) AND used < "limit" RETURNING id"""

# A budget by attribute limits each value; its own count is only informative.
_USE_BUDGETS = """
UPDATE promotion_campaign_budget b SET used = b.used + given.amount, updated_at = now()
FROM unnest($1::text[], $2::numeric[]) AS given(id, amount)
WHERE b.id = given.id AND (b."limit" IS NULL OR b.type LIKE '%_by_attribute'
  OR b.used + given.amount <= b."limit")
RETURNING b.id"""

_USE_USAGES = """
INSERT INTO promotion_campaign_budget_usage AS u (id, budget_id, attribute_value, used)
SELECT given.id, given.budget_id, given.value, given.amount
FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::numeric[])
  AS given(id, budget_id, value, amount, most)
WHERE given.most IS NULL OR given.amount <= given.most
ORDER BY given.budget_id, given.value
ON CONFLICT (budget_id, attribute_value) DO UPDATE
SET used = u.used + excluded.used, updated_at = now(), deleted_at = NULL
WHERE (SELECT b."limit" FROM promotion_campaign_budget b WHERE b.id = u.budget_id) IS NULL
  OR u.used + excluded.used
    <= (SELECT b."limit" FROM promotion_campaign_budget b WHERE b.id = u.budget_id)
RETURNING u.id"""


async def use_promotions(
    tx: Transaction, order_id: str, taken: Iterable[Taken], attributes: Mapping[str, str | None]
) -> None:
    """Count the promotions of an order, or refuse the order.

    `attributes` are those that budgets count by: `customer_id` and `customer_email`. At most seven
    statements, however many promotions there are.
    """
    amounts = {one.promotion_id: one.amount for one in taken}
    if not amounts:
        return
    states = await tx.fetch(_STATES, list(amounts))
    for state in states:
        if not state["holds"]:
            raise NotAllowed(f"The promotion code {state['code']} is no longer valid")
    limited = [state["id"] for state in states if state["limit"] is not None]
    if limited:
        await lock_rows(tx, Promotion.__table__, limited, referable=True)
    uses = [
        _Use.of(state, amounts[state["id"]], attributes)
        for state in states
        if state["budget_id"] is not None
    ]
    # If both are exhausted, the reference reports the budget.
    await _use_budgets(tx, uses)
    await _use_limited(tx, limited)
    by_promotion = {use.promotion_id: use for use in uses}
    rows = [_row(order_id, one, one in limited, by_promotion.get(one)) for one in sorted(amounts)]
    await insert_rows(tx, PromotionUse.__table__, rows)


@dataclass(frozen=True, slots=True)
class _Use:
    """What an order's use of a promotion adds to its campaign's budget."""

    promotion_id: str
    budget_id: str
    amount: Decimal
    limit: Decimal | None
    by_attribute: bool
    value: str | None

    @classmethod
    def of(
        cls, state: asyncpg.Record, amount: Decimal, attributes: Mapping[str, str | None]
    ) -> "_Use":
        budget = Budget(state["budget_id"], state["type"], state["budget_limit"], state["used"])
        by_attribute = budget.type.endswith("_by_attribute")
        value = attributes.get(state["attribute"]) if by_attribute else None
        if by_attribute and value is None:
            raise NotAllowed(_EXCEEDED)
        counted = budget_use(budget, amount)
        return cls(state["id"], budget.id, counted, budget.limit, by_attribute, value)


def _row(order_id: str, promotion_id: str, is_limited: bool, use: _Use | None) -> dict[str, object]:
    return {
        "order_id": order_id,
        "promotion_id": promotion_id,
        "uses": int(is_limited),
        "budget_id": use and use.budget_id,
        "budget_used": use.amount if use else Decimal(0),
        "attribute_value": use and use.value,
    }


async def _use_limited(tx: Transaction, ids: Sequence[str]) -> None:
    if ids and len(await tx.fetch(_USE_PROMOTIONS, ids)) < len(ids):
        raise NotAllowed("Promotion usage exceeds the limit.")


async def _use_budgets(tx: Transaction, uses: Sequence[_Use]) -> None:
    """Count in budgets, adding up promotions of the same campaign."""
    sums = _summed((use.budget_id, use.amount) for use in uses)
    if not sums:
        return
    await lock_rows(tx, CampaignBudget.__table__, sums, referable=True)
    if len(await tx.fetch(_USE_BUDGETS, list(sums), list(sums.values()))) < len(sums):
        raise NotAllowed(_EXCEEDED)
    by_value = {use.budget_id: use for use in uses if use.by_attribute}
    if not by_value:
        return
    made = await tx.fetch(
        _USE_USAGES,
        new_ids("probudgus", len(by_value)),
        list(by_value),
        [use.value for use in by_value.values()],
        [sums[budget_id] for budget_id in by_value],
        [use.limit for use in by_value.values()],
    )
    if len(made) < len(by_value):
        raise NotAllowed(_EXCEEDED)


def _summed(amounts: Iterable[tuple[str | None, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for key, amount in amounts:
        if key is not None:
            sums[key] = sums.get(key, Decimal(0)) + amount
    return sums


_RELEASE = """
UPDATE promotion_use u SET released_at = now()
FROM unnest($1::text[]) AS given(id) WHERE u.order_id = given.id AND u.released_at IS NULL
RETURNING u.promotion_id, u.uses, u.budget_id, u.budget_used, u.attribute_value"""

_GIVE_BACK = """
UPDATE promotion p SET used = p.used - given.uses, updated_at = now()
FROM unnest($1::text[], $2::integer[]) AS given(id, uses) WHERE p.id = given.id"""

_GIVE_BUDGETS_BACK = """
UPDATE promotion_campaign_budget b SET used = b.used - given.amount, updated_at = now()
FROM unnest($1::text[], $2::numeric[]) AS given(id, amount) WHERE b.id = given.id"""

_GIVE_USAGES_BACK = """
UPDATE promotion_campaign_budget_usage u SET used = u.used - given.amount, updated_at = now()
FROM unnest($1::text[], $2::text[], $3::numeric[]) AS given(budget_id, value, amount)
WHERE u.budget_id = given.budget_id AND u.attribute_value = given.value"""


class _Used(NamedTuple):
    """What an order used of a promotion and of its budget."""

    promotion_id: str
    uses: int
    budget_id: str | None
    budget_used: Decimal
    attribute_value: str | None


class _Live(NamedTuple):
    """A use that counts, with the kind and limit of the budget."""

    promotion_id: str
    uses: int
    budget_id: str | None
    budget_used: Decimal
    attribute_value: str | None
    type: str | None
    limit: Decimal | None


async def release_promotions(tx: Transaction, order_ids: Sequence[str]) -> None:
    """Give back what the orders used; idempotent."""
    await _give_back(tx, map(_Used._make, await tx.fetch(_RELEASE, sorted(set(order_ids)))))


_LIVE = """
SELECT u.promotion_id, u.uses, u.budget_id, u.budget_used, u.attribute_value, b.type, b."limit"
FROM promotion_use u
LEFT JOIN promotion_campaign_budget b ON b.id = u.budget_id
WHERE u.order_id = $1 AND u.released_at IS NULL ORDER BY u.promotion_id"""
_BUDGETS = """SELECT b.id FROM promotion p
JOIN promotion_campaign_budget b ON b.campaign_id = p.campaign_id AND b.deleted_at IS NULL
WHERE p.id = ANY($1::text[])"""
_FORGET = """DELETE FROM promotion_use u WHERE u.order_id = $1 AND u.promotion_id = ANY($2::text[])
RETURNING u.promotion_id, u.uses, u.budget_id, u.budget_used, u.attribute_value"""
_REWRITE = """UPDATE promotion_use u SET budget_used = given.amount
FROM unnest($2::text[], $3::numeric[]) AS given(id, amount)
WHERE u.order_id = $1 AND u.promotion_id = given.id"""


async def without_own_uses(tx: Transaction, offers: Offers, order_id: str) -> Offers:
    """The offers as if the order had used none, so that its own uses do not block it."""
    live = {row.promotion_id: row for row in await _live(tx, order_id)}
    own = _summed((r.budget_id, r.budget_used) for r in live.values())

    def freed(one: FactsPromotion) -> FactsPromotion:
        used = one.used - (live[one.id].uses if one.id in live else 0)
        budget = one.budget
        if budget is not None and budget.id in own:
            budget = replace(budget, used=budget.used - own[budget.id])
        return replace(one, used=used, budget=budget)

    return replace(offers, promotions=tuple(freed(one) for one in offers.promotions))


async def change_uses(
    tx: Transaction, order_id: str, taken: Iterable[Taken], attributes: Mapping[str, str | None]
) -> None:
    """Recount the uses of a placed order after an edit changed its discounts.

    What the order already uses stays valid, even for a promotion that has ended since. Raises
    NotAllowed if a new promotion is exhausted, or if the budget does not cover the new discount.
    """
    now = {one.promotion_id: one.amount for one in taken}
    live = await _live(tx, order_id)
    before = {row.promotion_id for row in live}
    gone = [row for row in live if row.promotion_id not in now]
    moved = [_Moved(row, now[row.promotion_id]) for row in live if row.promotion_id in now]
    moved = [one for one in moved if one.delta != 0]
    new = [Taken(key, amount) for key, amount in now.items() if key not in before]
    if not (gone or moved or new):
        return
    others = {row.promotion_id for row in gone} | {one.promotion_id for one in new}
    budgets = {row.budget_id for row in live if row.budget_id} | {
        row["id"] for row in await tx.fetch(_BUDGETS, list(others))
    }
    # All at once: promotions are locked before budgets.
    await lock_rows(tx, Promotion.__table__, others, referable=True)
    await lock_rows(tx, CampaignBudget.__table__, budgets, referable=True)
    forgotten = await tx.fetch(_FORGET, order_id, [row.promotion_id for row in gone])
    await _give_back(tx, map(_Used._make, forgotten))
    await _give_back(tx, [one.given_back() for one in moved if one.delta < 0])
    await _use_budgets(tx, [one.use() for one in moved if one.delta > 0])
    await tx.execute(
        _REWRITE, order_id, [one.row.promotion_id for one in moved], [one.now for one in moved]
    )
    await use_promotions(tx, order_id, new, attributes)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A promotion that an order keeps using, with a changed discount."""

    row: _Live
    now: Decimal

    @property
    def delta(self) -> Decimal:
        """The change of its use of a budget of money; may be negative."""
        counts = str(self.row.type).startswith("spend")
        return self.now - self.row.budget_used if counts else Decimal(0)

    def given_back(self) -> _Used:
        row = self.row
        return _Used(row.promotion_id, 0, row.budget_id, -self.delta, row.attribute_value)

    def use(self) -> "_Use":
        row = self.row
        assert row.budget_id is not None
        by_attribute = row.attribute_value is not None
        return _Use(
            row.promotion_id,
            row.budget_id,
            self.delta,
            row.limit,
            by_attribute,
            row.attribute_value,
        )


async def _live(tx: Transaction, order_id: str) -> list[_Live]:
    return [_Live(*record) for record in await tx.fetch(_LIVE, order_id)]


async def _give_back(tx: Transaction, given: Iterable[_Used]) -> None:
    released = list(given)
    uses: dict[str, int] = {}
    for row in released:
        if row.uses:
            uses[row.promotion_id] = uses.get(row.promotion_id, 0) + row.uses
    if uses:
        await lock_rows(tx, Promotion.__table__, uses, referable=True)
        await tx.execute(_GIVE_BACK, list(uses), list(uses.values()))
    counted = [row for row in released if row.budget_id is not None]
    sums = _summed((row.budget_id, row.budget_used) for row in counted)
    if sums:
        await lock_rows(tx, CampaignBudget.__table__, sums, referable=True)
        await tx.execute(_GIVE_BUDGETS_BACK, list(sums), list(sums.values()))
    await _give_usages_back(tx, counted)


async def _give_usages_back(tx: Transaction, counted: Sequence[_Used]) -> None:
    sums: dict[tuple[str, str], Decimal] = {}
    for row in counted:
        if row.budget_id is not None and row.attribute_value is not None:
            key = (row.budget_id, row.attribute_value)
            sums[key] = sums.get(key, Decimal(0)) + row.budget_used
    if sums:
        budgets, values = zip(*sums, strict=True)
        await tx.execute(_GIVE_USAGES_BACK, list(budgets), list(values), list(sums.values()))
