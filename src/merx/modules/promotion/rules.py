"""Rules of promotions: inserted with a promotion, and changed in batches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from merx.batch import Insert, delete_rows, insert_all, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.ids import new_id, new_ids
from merx.modules.promotion.models import PromotionRule, PromotionRuleValue
from merx.modules.promotion.schemas import NewRule, RulePatch

_RULES = PromotionRule.__table__
_VALUES = PromotionRuleValue.__table__


def check_rules(rules: Iterable[NewRule | RulePatch]) -> None:
    """Refuse a rule without an attribute."""
    for rule in rules:
        given = isinstance(rule, NewRule) or "attribute" in rule.model_fields_set
        if given and not rule.attribute:
            raise InvalidData("rules[].attribute is a required field")


def rule_rows(promotion_id: str, rules: Mapping[str, Sequence[NewRule]]) -> list[Insert]:
    """The rows of a promotion's rules of each kind, and of their values."""
    drafts = [(kind, rule) for kind, some in rules.items() for rule in some]
    ids = new_ids("prorul", len(drafts))
    rows = [
        {
            "id": rule_id,
            "promotion_id": promotion_id,
            "kind": kind,
            **rule.model_dump(exclude={"values"}),
        }
        for rule_id, (kind, rule) in zip(ids, drafts, strict=True)
    ]
    given = {rule_id: rule.values for rule_id, (_, rule) in zip(ids, drafts, strict=True)}
    return [Insert(_RULES, rows, returning="id"), _value_rows(given)]


def _value_rows(values: Mapping[str, Sequence[str]]) -> Insert:
    rows = [
        {"id": new_id("prorulval"), "value": value, "promotion_rule_id": rule_id}
        for rule_id, some in values.items()
        for value in some
    ]
    return Insert(_VALUES, rows)


async def create_rules(
    tx: Transaction, promotion_id: str, kind: str, rules: Sequence[NewRule]
) -> list[str]:
    """Add rules to a promotion; returns their ids in the order of the drafts."""
    check_rules(rules)
    created, _ = await insert_all(tx, *rule_rows(promotion_id, {kind: rules}))
    return created


async def update_rules(
    tx: Transaction, promotion_id: str, kind: str, patches: Sequence[RulePatch]
) -> list[str]:
    """Change rules of a promotion; given values replace the old ones."""
    check_rules(patches)
    known = await _own_rules(tx, promotion_id, kind, [patch.id for patch in patches])
    for patch in patches:
        if patch.id not in known:
            raise InvalidData(f"Promotion rules with id - {patch.id} not found")
    columns: dict[str, dict[str, Any]] = {
        patch.id: patch.model_dump(exclude_unset=True, exclude={"id", "values"})
        for patch in patches
    }
    await update_rows(tx, _RULES, columns)
    await delete_rows(tx, _VALUES, "promotion_rule_id", list(columns))
    await insert_all(tx, _value_rows({patch.id: patch.values for patch in patches}))
    return list(columns)


async def delete_rules(tx: Transaction, promotion_id: str, kind: str, ids: Sequence[str]) -> None:
    """Delete rules of a promotion; ids of other rules are ignored."""
    own = await _own_rules(tx, promotion_id, kind, ids)
    await soft_delete_rows(tx, _VALUES, sorted(own), by="promotion_rule_id")
    await soft_delete_rows(tx, _RULES, sorted(own))


async def _own_rules(tx: Transaction, promotion_id: str, kind: str, ids: Sequence[str]) -> set[str]:
    if not ids:
        return set()
    records = await tx.fetch(
        "SELECT rule.id FROM unnest($1::text[]) AS given(id)"
        " CROSS JOIN LATERAL (SELECT * FROM promotion_rule r WHERE r.id = given.id OFFSET 0) rule"
        " WHERE rule.promotion_id = $2 AND rule.kind = $3 AND rule.deleted_at IS NULL",
        list(set(ids)),
        promotion_id,
        kind,
    )
    return {record["id"] for record in records}
