"""The promotions that may apply to a cart.

Loaded with what their rules ask about, and validated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import asyncpg
import orjson

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.modules.promotion.engine import compute
from merx.modules.promotion.facts import (
    Budget,
    CartFacts,
    Computed,
    Facts,
    Method,
    Promotion,
    Rule,
    Target,
)
from merx.modules.promotion.matching import found


@dataclass(frozen=True, slots=True)
class Offers:
    """A cart with everything that rules may ask about, and the promotions that may apply."""

    facts: CartFacts
    promotions: tuple[Promotion, ...]

    def compute(self) -> Computed:
        """The discounts of the promotions on the cart."""
        return compute(self.facts, self.promotions)


_AUTOMATIC = """FROM promotion q
  WHERE q.is_automatic AND q.status = 'active' AND q.deleted_at IS NULL"""
# Whether a cart without codes may get a discount.
HAS_OFFERS = f"EXISTS (SELECT {_AUTOMATIC})"
# Those with the codes and the ids, and all active automatic ones.
_PROMOTIONS = f"""
WITH wanted AS (
  SELECT p.id FROM unnest($1::text[]) AS given(code) CROSS JOIN LATERAL (
    SELECT q.id FROM promotion q WHERE q.code = given.code AND q.deleted_at IS NULL OFFSET 0) p
  UNION SELECT given.id FROM unnest($2::text[]) AS given(id)
  UNION SELECT q.id {_AUTOMATIC})
SELECT p.id, p.code, p.type, p.is_automatic, p.is_tax_inclusive, p.status, p."limit", p.used,
  c.id AS campaign_id, coalesce(now() >= c.starts_at, true)
    AND coalesce(now() <= c.ends_at, true) AS is_in_period,
  m.type AS method_type, m.target_type, m.value, m.allocation, m.currency_code, m.max_quantity,
  m.apply_to_quantity, m.buy_rules_min_quantity,
  b.id AS budget_id, b.type AS budget_type, b."limit" AS budget_limit,
  b.currency_code AS budget_currency_code, b.attribute,
  $3::jsonb ->> b.attribute AS attribute_value,
  CASE WHEN b.type LIKE '%_by_attribute' THEN coalesce((
    SELECT u.used FROM promotion_campaign_budget_usage u
    WHERE u.budget_id = b.id AND u.attribute_value = $3::jsonb ->> b.attribute
      AND u.deleted_at IS NULL), 0) ELSE b.used END AS budget_used,
  (SELECT json_agg(json_build_array(r.kind, r.id, r.attribute, r.operator, (
      SELECT coalesce(json_agg(v.value), '[]') FROM promotion_rule_value v
      WHERE v.promotion_rule_id = r.id AND v.deleted_at IS NULL)) ORDER BY r.id)
    FROM promotion_rule r WHERE r.promotion_id = p.id AND r.deleted_at IS NULL)::text AS rules
FROM wanted
CROSS JOIN LATERAL (
  SELECT * FROM promotion q WHERE q.id = wanted.id AND q.deleted_at IS NULL OFFSET 0) p
CROSS JOIN LATERAL (
  SELECT * FROM promotion_application_method a
  WHERE a.promotion_id = p.id AND a.deleted_at IS NULL OFFSET 0) m
LEFT JOIN LATERAL (
  SELECT * FROM promotion_campaign k
  WHERE k.id = p.campaign_id AND k.deleted_at IS NULL OFFSET 0) c ON true
LEFT JOIN LATERAL (
  SELECT * FROM promotion_campaign_budget k
  WHERE k.campaign_id = c.id AND k.deleted_at IS NULL OFFSET 0) b ON true"""

# What rules ask about lines, methods and the customer, by the names they use.
_FACTS = """
SELECT (
  SELECT json_object_agg(p.id, json_build_object(
    'id', p.id, 'collection_id', p.collection_id, 'type_id', p.type_id,
    'categories', (SELECT json_agg(json_build_object('id', l.product_category_id))
      FROM product_category_product l WHERE l.product_id = p.id),
    'tags', (SELECT json_agg(json_build_object('id', l.product_tag_id))
      FROM product_tags l WHERE l.product_id = p.id)))
  FROM unnest($1::text[]) AS given(id) CROSS JOIN LATERAL (
    SELECT * FROM product q WHERE q.id = given.id OFFSET 0) p)::text AS products, (
  SELECT json_object_agg(o.id, json_build_object(
    'id', o.id, 'shipping_option_type_id', o.shipping_option_type_id))
  FROM unnest($2::text[]) AS given(id) CROSS JOIN LATERAL (
    SELECT * FROM shipping_option q WHERE q.id = given.id OFFSET 0) o)::text AS options, (
  SELECT json_build_object('id', c.id, 'email', c.email, 'has_account', c.has_account,
    'groups', (SELECT json_agg(json_build_object('id', l.customer_group_id))
      FROM customer_group_customer l WHERE l.customer_id = c.id))
  FROM customer c WHERE c.id = $3)::text AS customer, (
  SELECT json_build_object('id', r.id, 'name', r.name, 'currency_code', r.currency_code)
  FROM region r WHERE r.id = $4)::text AS region"""


async def load_promotions(
    tx: Transaction,
    cart: CartFacts,
    *,
    codes: Sequence[str] = (),
    promotion_ids: Sequence[str] = (),
) -> Offers:
    """The promotions with the codes and ids and all automatic ones, in two statements.

    The facts of the cart are completed: lines with a `product_id` get their `product`, methods with
    a `shipping_option_id` their `shipping_option`, the cart its `customer` and its `region`.
    """
    known = orjson.dumps(attribute_values(cart.facts)).decode()
    records = await tx.fetch(_PROMOTIONS, list(codes), list(promotion_ids), orjson.Fragment(known))
    promotions = tuple(_promotion(record) for record in records)
    return Offers(await complete_facts(tx, cart) if promotions else cart, promotions)


def attribute_values(facts: Facts) -> dict[str, str | None]:
    """The values of the attributes that a budget can count by."""
    return {
        "customer_id": next(iter(found(facts, "customer_id")), None),
        "customer_email": next(iter(found(facts, "email")), None),
    }


def check_codes(offers: Offers, codes: Iterable[str]) -> None:
    """Refuse an unknown code, and one whose budget counts by an attribute that the cart lacks."""
    by_code = {promotion.code: promotion for promotion in offers.promotions}
    for code in codes:
        if code not in by_code:
            raise InvalidData(f"The promotion code {code} is invalid")
        budget = by_code[code].budget
        counts_by = budget and budget.type.endswith("_by_attribute") and budget.attribute
        if budget and counts_by and budget.attribute_value is None:
            # The message, including its spelling, is the reference's.
            raise InvalidData(
                f'Attribute value for "{counts_by}" is required by promotion campaing budget'
            )


async def complete_facts(tx: Transaction, cart: CartFacts) -> CartFacts:
    """The cart with what rules may ask about its products, options, customer and region."""
    products = _ids(cart.lines, "product_id")
    options = _ids(cart.methods, "shipping_option_id")
    customer_id, region_id = cart.facts.get("customer_id"), cart.facts.get("region_id")
    record = await tx.fetchrow(_FACTS, products, options, customer_id, region_id)
    assert record is not None
    known = {name: orjson.loads(text) if text else None for name, text in record.items()}
    lines = [_completed(one, "product", known["products"]) for one in cart.lines]
    methods = [_completed(one, "shipping_option", known["options"]) for one in cart.methods]
    facts: dict[str, object] = {
        **_totals(lines, methods),
        "currency_code": cart.currency_code,
        **cart.facts,
        **{name: known[name] for name in ("customer", "region") if known[name]},
        "items": [one.facts for one in lines],
        "shipping_methods": [one.facts for one in methods],
    }
    return replace(cart, facts=facts, lines=lines, methods=methods)


def _ids(targets: Iterable[Target], name: str) -> list[str]:
    return sorted({str(one.facts[name]) for one in targets if one.facts.get(name)})


def _completed(target: Target, name: str, known: Mapping[str, Facts] | None) -> Target:
    """A line with its product, or a method with its option, and with its amounts."""
    facts: dict[str, object] = {
        "quantity": target.quantity,
        "subtotal": target.subtotal,
        "original_total": target.original_total,
        "is_discountable": target.is_discountable,
        **target.facts,
    }
    more = (known or {}).get(str(target.facts.get(f"{name}_id")))
    if more:
        facts[name] = more
    # Not `replace`, which takes four times as long: there is one for each line.
    return Target(
        target.id,
        target.quantity,
        target.subtotal,
        target.original_total,
        target.is_discountable,
        facts,
    )


def _totals(lines: Sequence[Target], methods: Sequence[Target]) -> dict[str, object]:
    """The cart's totals before discounts: a rule must not fail because its promotion applied."""
    items, shipping = (
        (sum((one.subtotal for one in some), Decimal(0)), sum(_with_tax(some), Decimal(0)))
        for some in (lines, methods)
    )
    subtotal, total = items[0] + shipping[0], items[1] + shipping[1]
    return {
        "subtotal": subtotal,
        "total": total,
        "original_total": total,
        "item_subtotal": items[0],
        "item_total": items[1],
        "original_item_total": items[1],
        "shipping_subtotal": shipping[0],
        "shipping_total": shipping[1],
        "original_shipping_total": shipping[1],
    }


def _with_tax(targets: Iterable[Target]) -> Iterable[Decimal]:
    return (one.original_total for one in targets)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of a promotion: on the cart, on what is discounted, on what must be bought."""

    rules: tuple[Rule, ...] = ()
    target_rules: tuple[Rule, ...] = ()
    buy_rules: tuple[Rule, ...] = ()


# The same text is loaded for each cart until the promotion changes.
@lru_cache(maxsize=1024)
def _rules(text: str | None) -> _Rules:
    rules: dict[str, list[Rule]] = {}
    for kind, rule_id, attribute, operator, values in orjson.loads(text or "[]"):
        rules.setdefault(kind, []).append(Rule(rule_id, attribute, operator, tuple(values)))
    return _Rules(**{kind: tuple(some) for kind, some in rules.items()})


def _promotion(record: asyncpg.Record) -> Promotion:
    rules = _rules(record["rules"])
    return Promotion(
        id=record["id"],
        code=record["code"],
        type=record["type"],
        method=_method(record, rules),
        is_automatic=record["is_automatic"],
        is_tax_inclusive=record["is_tax_inclusive"],
        status=record["status"],
        rules=rules.rules,
        limit=record["limit"],
        used=record["used"],
        campaign_id=record["campaign_id"],
        is_in_period=record["is_in_period"],
        budget=_budget(record),
    )


def _method(record: asyncpg.Record, rules: _Rules) -> Method:
    return Method(
        type=record["method_type"],
        target_type=record["target_type"],
        value=record["value"],
        allocation=record["allocation"],
        currency_code=record["currency_code"],
        max_quantity=record["max_quantity"],
        apply_to_quantity=record["apply_to_quantity"],
        buy_rules_min_quantity=record["buy_rules_min_quantity"],
        target_rules=rules.target_rules,
        buy_rules=rules.buy_rules,
    )


def _budget(record: asyncpg.Record) -> Budget | None:
    if record["budget_id"] is None:
        return None
    return Budget(
        id=record["budget_id"],
        type=record["budget_type"],
        limit=record["budget_limit"],
        used=record["budget_used"],
        currency_code=record["budget_currency_code"],
        attribute=record["attribute"],
        attribute_value=record["attribute_value"],
    )
