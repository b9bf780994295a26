"""CPU time to price a cart of 100 lines with 200 active promotions, without the database.

    python -m benchmarks.promotions

prints the minimum of many runs for a few scenarios, and exits with 1 if one misses its goal of
15 ms. `large_values` has no goal: it applies 6,833 discounts, which no real shop does, and shows
the cost of each. `tests/speed/test_promotion_cpu.py` limits the number of steps that the engine
takes in the same scenarios, which is the same on every machine.
"""

import sys
import time
from collections.abc import Callable
from decimal import Decimal

from merx.modules.promotion.engine import compute
from merx.modules.promotion.facts import CartFacts, Method, Promotion, Rule, Target

LINES, ACTIVE, GOAL_MS, RUNS = 100, 200, 15.0, 30
_ALLOCATIONS = ("each", "across", "once")


def cart() -> CartFacts:
    """A hundred lines of products in categories, in the form that workflows load."""
    lines = [
        Target(
            f"line_{number:03}",
            Decimal(2),
            Decimal("19.98") + number,
            Decimal("24.975") + number,
            facts={
                "product_id": f"prod_{number}",
                "quantity": Decimal(2),
                "product": {
                    "id": f"prod_{number}",
                    "collection_id": f"pcol_{number % 10}",
                    "categories": [{"id": f"pcat_{number % 20}"}, {"id": f"pcat_{number % 4}"}],
                    "tags": [{"id": f"ptag_{number % 9}"}],
                },
            },
        )
        for number in range(LINES)
    ]
    facts = {"item_total": Decimal(7000), "customer": {"groups": [{"id": "vip"}, {"id": "b2b"}]}}
    return CartFacts("eur", lines, facts=facts)


def few_apply() -> list[Promotion]:
    """One in twenty is for this customer; each discounts all lines that are not yet free."""
    return [
        _promotion(number, "vip" if number % 20 == 0 else "others", _not_of(f"prod_x{number}"))
        for number in range(ACTIVE)
    ]


def all_apply() -> list[Promotion]:
    """Each discounts the ten lines of a collection."""
    return [
        _promotion(number, "vip", _of("product.collection_id", f"pcol_{number % 10}"))
        for number in range(ACTIVE)
    ]


def large_values() -> list[Promotion]:
    """Each applies to all lines, and the first few reduce them to zero."""
    return [_promotion(number, "vip", _not_of("prod_x"), large=True) for number in range(ACTIVE)]


SHAPES: tuple[Callable[[], list[Promotion]], ...] = (few_apply, all_apply, large_values)


def _promotion(number: int, group: str, targets: Rule, *, large: bool = False) -> Promotion:
    allocation = _ALLOCATIONS[number % 3]
    is_fixed = number % 2 == 0
    value = Decimal(20 if large else 1) if is_fixed else Decimal(50 if large else 1)
    method = Method(
        "fixed" if is_fixed else "percentage",
        "items",
        value + number % 5 * Decimal("0.05"),
        allocation,
        "eur" if is_fixed else None,
        max_quantity=None if allocation == "across" else 2,
        target_rules=(targets,),
    )
    who = Rule("rule", "customer.groups.id", "in", (group, "staff"))
    return Promotion(f"promo_{number:03}", f"P{number}", "standard", method, rules=(who,))


def _of(attribute: str, *values: str) -> Rule:
    return Rule("target", f"items.{attribute}", "in", values)


def _not_of(*values: str) -> Rule:
    return Rule("target", "items.product.id", "ne", values)


def best_ms(facts: CartFacts, promotions: list[Promotion], runs: int = RUNS) -> float:
    """CPU time of one computation, the minimum of many."""
    spent: list[int] = []
    for _ in range(runs):
        started = time.process_time_ns()
        compute(facts, promotions)
        spent.append(time.process_time_ns() - started)
    return min(spent) / 1e6


def main() -> int:
    """Measure all scenarios; returns 1 if one misses the goal."""
    reached = True
    for shape in SHAPES:
        facts, promotions = cart(), shape()
        computed = compute(facts, promotions)
        took = sum(1 for outcome in computed.outcomes if outcome.amount > 0)
        spent = best_ms(facts, promotions)
        reached = reached and (shape is large_values or spent <= GOAL_MS)
        print(
            f"{shape.__name__:13} {spent:6.1f} ms  {took:3} of {ACTIVE} promotions applied,"
            f" {len(computed.adjustments):5} adjustments"
        )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
