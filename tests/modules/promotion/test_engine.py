"""What holds of every cart and any promotions, and why a promotion takes nothing off."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merx.modules.promotion.engine import compute
from merx.modules.promotion.facts import Budget, CartFacts, Method, Promotion, Reason, Rule, Target

AMOUNTS = st.decimals("0.001", "5000", places=3)
TAXES = st.sampled_from([Decimal(1), Decimal("1.2"), Decimal("1.055"), Decimal("1.07")])
QUANTITIES = st.integers(1, 6)


@st.composite
def targets(draw, prefix, most):
    made = []
    for number in range(draw(st.integers(0, most))):
        price, quantity = draw(AMOUNTS), Decimal(draw(QUANTITIES)) if prefix == "L" else Decimal(1)
        subtotal = price * quantity
        tax = draw(TAXES)
        facts = {"product": {"id": f"P{number}"}}
        discountable = draw(st.booleans()) or prefix == "M"
        made.append(
            Target(f"{prefix}{number}", quantity, subtotal, subtotal * tax, discountable, facts)
        )
    return made


@st.composite
def rules(draw):
    names = draw(st.sets(st.sampled_from(["P0", "P1", "P2", "P3"]), min_size=1))
    operator = draw(st.sampled_from(["in", "eq", "ne"]))
    return (Rule("r", "items.product.id", operator, tuple(sorted(names))),)


@st.composite
def promotions(draw):
    made = []
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["fixed", "percentage"]))
        is_buy_get = draw(st.booleans())
        method = Method(
            type=kind,
            target_type=draw(st.sampled_from(["items", "order", "shipping_methods"])),
            value=draw(st.decimals("0.001", "100", places=3)),
            allocation=draw(st.sampled_from(["each", "across", "once", None])),
            max_quantity=draw(st.one_of(st.none(), QUANTITIES)),
            apply_to_quantity=draw(QUANTITIES),
            buy_rules_min_quantity=draw(QUANTITIES),
            target_rules=draw(st.one_of(st.just(()), rules())),
            buy_rules=draw(st.one_of(st.just(()), rules())),
        )
        made.append(
            Promotion(
                id=f"promo_{number}",
                code=f"C{number}",
                type="buyget" if is_buy_get else "standard",
                method=method,
                is_tax_inclusive=draw(st.booleans()),
            )
        )
    return made


@st.composite
def carts(draw):
    return CartFacts("eur", draw(targets("L", 5)), draw(targets("M", 2)))


def taken(computed):
    """What is taken off each target by each promotion."""
    return {
        (one.item_id or one.shipping_method_id, one.promotion_id): one.amount
        for one in computed.adjustments
    }


@given(carts(), promotions())
@settings(max_examples=100, deadline=None)
def test_no_discount_is_larger_than_what_it_is_taken_off(cart, given_promotions):
    computed = compute(cart, given_promotions)

    for target in (*cart.lines, *cart.methods):
        mine = [
            one
            for one in computed.adjustments
            if target.id in (one.item_id, one.shipping_method_id)
        ]
        assert all(one.amount > 0 for one in mine)
        net = sum(
            one.amount * target.subtotal / target.original_total
            if one.is_tax_inclusive
            else one.amount
            for one in mine
        )
        assert net <= target.subtotal + Decimal("1e-20")


@given(carts(), promotions(), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_lines_and_promotions_does_not_matter(cart, given_promotions, chance):
    mixed, shuffled = list(cart.lines), list(given_promotions)
    chance.shuffle(mixed)
    chance.shuffle(shuffled)

    assert taken(compute(replace(cart, lines=mixed), shuffled)) == taken(
        compute(cart, given_promotions)
    )


@given(carts(), st.decimals("0.001", "100", places=3))
@settings(max_examples=100, deadline=None)
def test_a_sum_is_given_away_to_the_last_unit(cart, value):
    method = Method("fixed", "order", value)

    computed = compute(cart, [Promotion("p", "C", "standard", method)])

    whole = sum(line.subtotal for line in cart.lines if line.is_discountable)
    assert sum(one.amount for one in computed.adjustments) == min(value, whole)


@given(carts(), promotions())
@settings(max_examples=50, deadline=None)
def test_each_promotion_tells_what_it_took_off_or_why_nothing(cart, given_promotions):
    computed = compute(cart, given_promotions)

    assert len(computed.outcomes) == len(given_promotions)
    for outcome in computed.outcomes:
        amounts = [
            one.amount for one in computed.adjustments if one.promotion_id == outcome.promotion.id
        ]
        assert outcome.amount == sum(amounts)
        assert (outcome.reason is None) == bool(amounts)


LINE = Target("L0", Decimal(3), Decimal(30), Decimal(36), facts={"quantity": 3})
PROMOTION = Promotion("p", "C", "standard", Method("percentage", "items", Decimal(10), "across"))
RULE = Rule("r", "region.id", "eq", ("reg_2",))


@pytest.mark.parametrize(
    ("promotion", "reason"),
    [
        (replace(PROMOTION, status="draft"), Reason.STATUS),
        (replace(PROMOTION, is_in_period=False), Reason.PERIOD),
        (replace(PROMOTION, limit=2, used=2), Reason.LIMIT),
        (replace(PROMOTION, rules=(RULE,)), Reason.RULE),
        (
            replace(PROMOTION, method=replace(PROMOTION.method, currency_code="usd")),
            Reason.CURRENCY,
        ),
        (
            replace(PROMOTION, method=replace(PROMOTION.method, target_rules=(RULE,))),
            Reason.NO_TARGET,
        ),
        (
            replace(PROMOTION, budget=Budget("b", "usage", Decimal(1), Decimal(1))),
            Reason.BUDGET,
        ),
        (
            replace(PROMOTION, budget=Budget("b", "spend", Decimal(2), Decimal(0), "eur")),
            Reason.BUDGET,
        ),
        (
            replace(PROMOTION, budget=Budget("b", "spend", Decimal(9), Decimal(0), "usd")),
            Reason.CURRENCY,
        ),
        (
            replace(
                PROMOTION,
                budget=Budget("b", "use_by_attribute", Decimal(9), Decimal(0), None, "customer_id"),
            ),
            Reason.BUDGET,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_promotion_that_is_not_for_the_cart_says_why(promotion, reason):
    cart = CartFacts("eur", [LINE], facts={"region": {"id": "reg_1"}})

    [outcome] = compute(cart, [promotion]).outcomes

    assert (outcome.reason, outcome.amount) == (reason, 0)
    assert outcome.rule == (RULE if reason is Reason.RULE else None)


def test_promotions_of_one_campaign_stay_within_its_budget_together():
    budget = Budget("b", "spend", Decimal(5), Decimal(0), "eur")
    both = [replace(PROMOTION, id=name, budget=budget) for name in ("p1", "p2")]

    first, second = compute(CartFacts("eur", [LINE]), both).outcomes

    assert (first.amount, second.reason) == (3, Reason.BUDGET)


def test_a_line_of_very_many_units_takes_no_longer_than_one_of_few():
    many = Decimal(2_000_000_000)
    line = Target("L0", many, many, many)
    method = Method("percentage", "items", Decimal(100), "each", None, 2_000_000_000, 1, 1)

    [outcome] = compute(CartFacts("eur", [line]), [Promotion("p", "C", "buyget", method)]).outcomes

    assert outcome.amount == 1_000_000_000


@pytest.mark.parametrize(
    ("operator", "values", "facts", "holds"),
    [
        ("eq", ("a", "b"), ["a"], True),
        ("eq", ("a",), ["a", "b"], False),
        ("eq", ("a",), [], False),
        ("in", ("a", "x"), ["a", "b"], True),
        ("in", ("x",), ["a", "b"], False),
        ("in", ("x",), [], False),
        ("ne", ("a",), ["a", "b"], False),
        ("ne", ("x",), ["a", "b"], True),
        ("ne", ("x",), [], True),
        ("gt", ("9", "100"), [Decimal("45.54")], True),
        ("gt", ("45.54",), [Decimal("45.54")], False),
        ("gte", ("45.540",), [Decimal("45.54")], True),
        ("gte", ("3",), [3, 2], False),
        ("lt", ("10",), [3], True),
        ("lt", ("9",), [], True),
        ("gt", ("0",), [], False),
        ("gt", ("-1",), [], True),
        ("lte", ("abc",), [1], False),
        ("lte", ("1",), ["abc"], False),
        ("eq", ("true",), [True], True),
        ("eq", ("3",), [Decimal("3.00")], True),
    ],
)
def test_a_rule_compares_as_the_reference_does(operator, values, facts, holds):
    rule = Rule("r", "customer.groups.id", operator, values)
    groups = {"customer": {"groups": [{"id": fact} for fact in facts]}}

    [outcome] = compute(
        CartFacts("eur", [LINE], facts=groups), [replace(PROMOTION, rules=(rule,))]
    ).outcomes

    assert (outcome.reason is None) == holds
