"""Rules of shipping options: validate, insert, replace and batch them."""

from collections.abc import Sequence

from merx.batch import Insert, Row, insert_all, lock_rows, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, check_present
from merx.core.ids import new_id
from merx.modules.fulfillment.models import ShippingOption, ShippingOptionRule
from merx.modules.fulfillment.option_schemas import (
    BatchOptionRules,
    OptionRule,
    OptionRulePatch,
    OptionRuleWish,
)
from merx.outbox import emit

_RULES = ShippingOptionRule.__table__

_PRESENT = """SELECT id FROM shipping_option_rule
WHERE shipping_option_id = $1 AND deleted_at IS NULL ORDER BY id FOR UPDATE"""


def check_rules(rules: Sequence[OptionRule | OptionRulePatch]) -> None:
    """A rule must be complete, and only `in` and `nin` take a list."""
    for rule in rules:
        if not rule.attribute or rule.value == "":
            raise InvalidData("Rule must have an attribute, an operator and a value")
        is_list = isinstance(rule.value, list)
        if rule.operator in ("in", "nin") and not is_list:
            raise InvalidData("Rule value must be an array for in/nin operators")
        if rule.operator not in ("in", "nin") and is_list:
            raise InvalidData(
                "Rule value must be a string, bool, number value for the selected operator"
                f" {rule.operator}"
            )


def rule_row(option_id: str, rule: OptionRule | OptionRuleWish) -> Row:
    """The row of a new rule of an option."""
    return {"id": new_id("sorul"), "shipping_option_id": option_id, **_columns(rule)}


async def replace_rules(tx: Transaction, option_id: str, wanted: Sequence[OptionRuleWish]) -> None:
    """Replace the rules of a locked option; NotFound names ids of rules that are not its own."""
    check_rules(wanted)
    present = {record["id"] for record in await tx.fetch(_PRESENT, option_id)}
    kept = {rule.id: _columns(rule) for rule in wanted if rule.id is not None}
    words = f"The following rules does not exists: {{}} on shipping option {option_id}"
    check_present(kept, present, words)
    new = [rule_row(option_id, rule) for rule in wanted if rule.id is None]
    await soft_delete_rows(tx, _RULES, sorted(present - set(kept)))
    await update_rows(tx, _RULES, kept)
    await insert_all(tx, Insert(_RULES, new))


async def batch_rules(tx: Transaction, option_id: str, batch: BatchOptionRules) -> list[str]:
    """Delete, update and create rules of an option; returns the ids of the new ones.

    Raises NotFound if the option does not exist, or for rules of another option.
    """
    check_rules([*batch.create, *batch.update])
    if not await lock_rows(tx, ShippingOption.__table__, [option_id], referable=True):
        raise NotFound(
            f"You tried to set relationship shipping_option_id: {option_id},"
            " but such entity does not exist"
        )
    await _check_own(tx, option_id, batch)
    await soft_delete_rows(tx, _RULES, batch.delete)
    found = await update_rows(tx, _RULES, {rule.id: _columns(rule) for rule in batch.update})
    for rule in batch.update:
        if rule.id not in found:
            raise _no_such(rule.id)
    new = [rule_row(option_id, rule) for rule in batch.create]
    await insert_all(tx, Insert(_RULES, new))
    await emit(tx, "shipping-option.updated", [option_id])
    return [row["id"] for row in new]


async def _check_own(tx: Transaction, option_id: str, batch: BatchOptionRules) -> None:
    named = [*batch.delete, *(rule.id for rule in batch.update)]
    for record in await lock_rows(tx, _RULES, named, "shipping_option_id"):
        if record["shipping_option_id"] != option_id:
            raise _no_such(record["id"])


def _columns(rule: OptionRule | OptionRuleWish | OptionRulePatch) -> Row:
    return {"attribute": rule.attribute, "operator": rule.operator, "value": rule.value}


def _no_such(rule_id: str) -> NotFound:
    return NotFound(f'ShippingOptionRule with id "{rule_id}" not found')
