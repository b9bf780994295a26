"""Creates, changes and deletes tax rates and their rules."""

from collections.abc import Sequence

from merx.batch import Insert, Row, insert_all, lock_rows, patch_row, soft_delete_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.ids import new_id
from merx.modules.tax.models import TaxRate, TaxRateRule, TaxRegion
from merx.modules.tax.references import Rule, check_references
from merx.modules.tax.schemas import AddRule, CreateTaxRate, RuleInput, UpdateTaxRate
from merx.outbox import emit, emit_all

_RATES = TaxRate.__table__
_RULES = TaxRateRule.__table__


async def create_tax_rates(tx: Transaction, drafts: Sequence[CreateTaxRate]) -> list[str]:
    """Create rates with their rules; returns their ids in the order of the drafts."""
    wanted = [draft.tax_region_id for draft in drafts]
    present = {row["id"] for row in await lock_rows(tx, TaxRegion.__table__, wanted, shared=True)}
    missing = [region_id for region_id in wanted if region_id not in present]
    if missing:
        raise _no_such("tax_region_id", missing[0])
    check_references([rule for draft in drafts for rule in _rules(draft.rules)])
    rates = [_rate_row(draft) for draft in drafts]
    ids: list[str] = [row["id"] for row in rates]
    rules = [
        _rule_row(rate_id, rule)
        for rate_id, draft in zip(ids, drafts, strict=True)
        for rule in draft.rules
    ]
    await insert_all(tx, Insert(_RATES, rates), Insert(_RULES, rules))
    await emit(tx, "tax-rate.created", ids)
    return ids


async def update_tax_rate(tx: Transaction, rate_id: str, patch: UpdateTaxRate) -> None:
    """Change a rate; a list of rules replaces the old ones."""
    columns = patch.model_dump(exclude_unset=True, exclude={"rules"})
    if not await patch_row(tx, _RATES, rate_id, columns):
        raise NotFound(f'Tax rate with id "{rate_id}" not found')
    if "rules" in patch.model_fields_set:
        check_references(_rules(patch.rules))
        await soft_delete_rows(tx, _RULES, [rate_id], by="tax_rate_id")
        await insert_all(tx, Insert(_RULES, [_rule_row(rate_id, rule) for rule in patch.rules]))
    await emit(tx, "tax-rate.updated", [rate_id])


async def delete_tax_rates(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete the rates among the ids, with their rules."""
    found = await soft_delete_rows(tx, _RATES, ids)
    await soft_delete_rows(tx, _RULES, found, by="tax_rate_id")
    await emit(tx, "tax-rate.deleted", found)


async def add_rule(tx: Transaction, rate_id: str, rule: AddRule) -> None:
    """Add a rule to a rate."""
    if not await lock_rows(tx, _RATES, [rate_id], shared=True):
        raise _no_such("tax_rate_id", rate_id)
    check_references([Rule("", rule.reference, rule.reference_id)])
    row = _rule_row(rate_id, rule)
    await insert_all(tx, Insert(_RULES, [row]))
    await emit_all(tx, {"tax-rate-rule.created": [row["id"]], "tax-rate.updated": [rate_id]})


async def remove_rule(tx: Transaction, rate_id: str, rule_id: str, *, unknown: NotFound) -> None:
    """Remove a rule from a rate; removing an id that does not exist succeeds.

    Raises `unknown` if the rate does not exist, NotFound for a rule of another rate.
    """
    if not await lock_rows(tx, _RATES, [rate_id], shared=True):
        raise unknown
    records = await lock_rows(tx, _RULES, [rule_id], "tax_rate_id")
    if not records:
        return
    if records[0]["tax_rate_id"] != rate_id:
        raise NotFound(f"Tax rate {rate_id} has no rule with id: {rule_id}")
    await soft_delete_rows(tx, _RULES, [rule_id])
    await emit_all(tx, {"tax-rate-rule.deleted": [rule_id], "tax-rate.updated": [rate_id]})


def _rules(given: Sequence[RuleInput]) -> list[Rule]:
    return [
        Rule(f"rules[{place}].", rule.reference, rule.reference_id)
        for place, rule in enumerate(given)
    ]


def _rate_row(draft: CreateTaxRate) -> Row:
    columns = draft.model_dump(exclude={"rules"})
    return {"id": new_id("txr"), **columns, "created_by": acting.get()}


def _rule_row(rate_id: str, rule: RuleInput | AddRule) -> Row:
    columns = {"tax_rate_id": rate_id, "created_by": acting.get()}
    return {"id": new_id("txrule"), **rule.model_dump(), **columns}


def _no_such(name: str, missing: str) -> NotFound:
    return NotFound(
        f"You tried to set relationship {name}: {missing}, but such entity does not exist"
    )
