"""The rules of a promotion with the names of what they refer to, for the dashboard."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from typing_extensions import TypedDict

from merx.core.database import Transaction
from merx.core.shapes import Document, Json
from merx.links import GRAPH
from merx.modules.promotion.rule_attributes import (
    APPLIED_TO,
    CURRENCY,
    MINIMUM,
    OPERATOR_LABELS,
    RuleAttribute,
    attributes,
    is_required,
)


class _Rule(TypedDict):
    """A rule, with the names of its values."""

    id: str
    description: str | None
    attribute: str
    operator: str
    values: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Held:
    """A promotion, as far as it decides which attributes its rules have."""

    type: str
    method_type: str
    target_type: str
    currency_code: str | None
    currency_name: str | None
    apply_to_quantity: int | None
    buy_rules_min_quantity: int | None
    rules: list[_Rule]


async def explained_rules(tx: Transaction, promotion_id: str, kind: str) -> list[Json]:
    """The rules of one kind, those that are columns of the method first.

    Rules about attributes that the dashboard does not know are left out, as on the reference.
    """
    record = await tx.fetchrow(_text(), promotion_id, kind)
    if record is None:
        return []
    held = _Held(**{**dict(record.items()), "rules": orjson.loads(record["rules"])})
    known = {
        one.value: one
        for one in attributes(kind, promotion_type=held.type, target_type=held.target_type)
    }
    shown = [_disguised(one, held) for one in known.values() if _value_of(one, held) is not None]
    return [
        *shown,
        *(
            _shown(rule, known[rule["attribute"]], kind)
            for rule in held.rules
            if rule["attribute"] in known and not known[rule["attribute"]].disguised
        ),
    ]


def _value_of(attribute: RuleAttribute, held: _Held) -> Any:
    if attribute is CURRENCY and held.currency_code is not None:
        label = held.currency_name or held.currency_code
        return [{"value": held.currency_code, "label": label}]
    columns = {MINIMUM: held.buy_rules_min_quantity, APPLIED_TO: held.apply_to_quantity}
    return columns.get(attribute)


def _disguised(attribute: RuleAttribute, held: _Held) -> Json:
    option = attribute.option(required=is_required(attribute, held.method_type))
    del option["id"], option["value"]
    return {
        **option,
        "attribute": attribute.value,
        "attribute_label": attribute.label,
        "operator": "eq",
        "operator_label": OPERATOR_LABELS["eq"],
        "values": _value_of(attribute, held),
    }


def _shown(rule: _Rule, attribute: RuleAttribute, kind: str) -> Json:
    operator = rule["operator"]
    # The reference shows more of the rules of a method than of those of the promotion itself.
    own: Document = {**rule}
    if kind == "rules":
        own = {name: own[name] for name in ("id", "attribute", "operator", "values")}
    return {
        **attribute.option(required=False),
        **own,
        "attribute_label": attribute.label,
        "operator_label": OPERATOR_LABELS.get(operator, operator),
    }


@lru_cache(maxsize=1)
def _text() -> str:
    """One statement for the promotion, its rules and the names of their values."""
    label = " ".join(f"WHEN '{one.value}' THEN {_name_of(one, 'v.value')}" for one in _named())
    return f"""
SELECT p.type, m.type AS method_type, m.target_type, m.currency_code,
  {_name_of(CURRENCY, "m.currency_code")} AS currency_name,
  m.apply_to_quantity, m.buy_rules_min_quantity, coalesce((
    SELECT json_agg(json_build_object(
      'id', r.id, 'description', r.description, 'attribute', r.attribute, 'operator', r.operator,
      'created_at', {_TIME.format("r.created_at")}, 'updated_at', {_TIME.format("r.updated_at")},
      'deleted_at', NULL, 'values', coalesce((
        SELECT json_agg(json_build_object('value', v.value, 'label',
          coalesce(CASE r.attribute {label} END, v.value)) ORDER BY v.id)
        FROM promotion_rule_value v
        WHERE v.promotion_rule_id = r.id AND v.deleted_at IS NULL), '[]'::json)) ORDER BY r.id)
    FROM promotion_rule r
    WHERE r.promotion_id = p.id AND r.kind = $2 AND r.deleted_at IS NULL), '[]'::json) AS rules
FROM promotion p CROSS JOIN LATERAL (
  SELECT * FROM promotion_application_method a
  WHERE a.promotion_id = p.id AND a.deleted_at IS NULL OFFSET 0) m
WHERE p.id = $1 AND p.deleted_at IS NULL"""


_TIME = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"


def _named() -> tuple[RuleAttribute, ...]:
    """The attributes whose values are ids or codes of something with a name."""
    every = (
        *attributes("rules", promotion_type="", target_type=""),
        *attributes("target_rules", promotion_type="", target_type="items"),
        *attributes("target_rules", promotion_type="", target_type="shipping_methods"),
    )
    return tuple(one for one in every if not one.disguised)


def _name_of(attribute: RuleAttribute, value: str) -> str:
    table = GRAPH[attribute.entity].table
    return (
        f"(SELECT n.{attribute.shown} FROM {table} n"
        f" WHERE n.{attribute.key} = {value} AND n.deleted_at IS NULL)"
    )
