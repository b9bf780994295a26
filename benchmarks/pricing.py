"""Pricing a cart of 100 lines with 200 active promotions: loading them, loading the attributes that
their rules test, and computing the discounts.

Part of `make bench`. The promotions are written in a transaction that is rolled back.
"""

import os
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.cpu import CPU
from merx.core.database import Database, Transaction
from merx.core.memory import spare_garbage_collection
from merx.modules.promotion.facts import CartFacts, Target
from merx.workflows.selling.promotions import load_promotions

LINES, ACTIVE, GOAL_MS, RUNS = 100, 200, 15.0, 30
# Promotions of all types, with realistic rules on the cart and on lines.
FILL_PROMOTIONS = """
WITH p AS (
  INSERT INTO promotion (id, code, type, status, is_automatic)
  SELECT 'promo_' || n, 'AUTO' || n, 'standard', 'active', true FROM generate_series(1, $1::int) n
  RETURNING id),
m AS (
  INSERT INTO promotion_application_method
    (id, promotion_id, type, target_type, allocation, value, max_quantity)
  SELECT 'm_' || id, id, CASE WHEN n % 2 = 0 THEN 'fixed' ELSE 'percentage' END, 'items',
    (ARRAY['each', 'across', 'once'])[n % 3 + 1], 1 + n % 5, CASE n % 3 WHEN 1 THEN NULL ELSE 2 END
  FROM (SELECT id, substr(id, 7)::int AS n FROM p) numbered),
r AS (
  INSERT INTO promotion_rule (id, promotion_id, attribute, operator, kind)
  SELECT kind || id, id, CASE kind WHEN 'rules' THEN 'item_total' ELSE 'items.product.id' END,
    CASE kind WHEN 'rules' THEN 'gte' ELSE 'ne' END, kind
  FROM p, unnest(ARRAY['rules', 'target_rules']) kind RETURNING id, kind)
INSERT INTO promotion_rule_value (id, promotion_rule_id, value)
SELECT 'v' || r.id || n, r.id, CASE r.kind WHEN 'rules' THEN '5' ELSE 'prod_' || n END
FROM r, generate_series(1, 3) n"""


@dataclass(frozen=True, slots=True)
class Pricing:
    """The minimum of many runs, in milliseconds of CPU: of the code, and of its session."""

    merx_ms: float
    database_ms: float
    applied: int


def large_cart(product_id: str, count: int = LINES) -> CartFacts:
    """The lines of a cart before promotions are applied."""
    lines = [
        Target(
            f"line_{number:03}",
            Decimal(2),
            Decimal(20) + number,
            Decimal(24) + number,
            facts={"product_id": product_id},
        )
        for number in range(count)
    ]
    return CartFacts("eur", lines, facts={"region_id": "reg_1", "customer_id": "cus_1"})


async def measure_pricing(url: str) -> Pricing:
    """The CPU time to price the cart, on a connection set up like Merx's."""
    # As in the server: exclude existing objects from garbage collection.
    spare_garbage_collection()
    database = Database(url, pool_size=1)
    await database.open()
    try:
        async with database.read() as tx:
            transaction = tx.transaction()
            await transaction.start()
            try:
                return await _measure(tx)
            finally:
                await transaction.rollback()
    finally:
        await database.close()


async def _measure(tx: Transaction) -> Pricing:
    product_id = await tx.fetchval("SELECT id FROM product ORDER BY id LIMIT 1")
    await tx.execute(FILL_PROMOTIONS, ACTIVE)
    facts, applied = large_cart(product_id), 0
    code, session = _cpu_of(os.getpid()), _cpu_of(tx.get_server_pid())
    spent: list[tuple[float, float]] = []
    for _ in range(RUNS + 1):
        await code.begin()
        await session.begin()
        computed = (await load_promotions(tx, facts)).compute()
        spent.append((code.ms(), session.ms()))
        applied = sum(1 for outcome in computed.outcomes if outcome.amount > 0)
    # The first run plans the statements.
    return Pricing(*min(spent[1:], key=sum), applied)


def _cpu_of(pid: int) -> CPU:
    async def find() -> list[int]:
        return [pid]

    return CPU(find)
