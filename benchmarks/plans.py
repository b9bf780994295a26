"""Do the plans depend on statistics? The same requests on tables that were just filled, on tables
whose statistics were taken away, and on analysed ones."""

import statistics
from typing import Any

from benchmarks.sides import OverHTTP

ROWS = ("get a product with 1,000 variants", "list 50 products", "batch create 100")
_TIMES = 3

_CLEAR = """
SELECT pg_clear_relation_stats(n.nspname::text, c.relname::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i')"""
_CLEAR_COLUMNS = """
SELECT pg_clear_attribute_stats(schemaname::text, tablename::text, attname::text, inherited)
FROM pg_stats WHERE schemaname = 'public'"""


async def measure_fresh_plans(merx: OverHTTP) -> dict[str, float]:
    """Row → median milliseconds, as it is now."""
    return {
        ROWS[0]: statistics.median([(await merx.read("large")).ms for _ in range(_TIMES)]),
        ROWS[1]: statistics.median([(await merx.read("list")).ms for _ in range(_TIMES)]),
        ROWS[2]: statistics.median([(await merx.cycle(100))["create"].ms for _ in range(_TIMES)]),
    }


async def measure_plans(database: Any, merx: OverHTTP) -> dict[str, dict[str, float]]:
    """Row → state of the statistics → median milliseconds."""
    found: dict[str, dict[str, float]] = {row: {} for row in ROWS}
    for state, statements in (
        ("no statistics", (_CLEAR, _CLEAR_COLUMNS)),
        ("analysed", ("ANALYZE",)),
    ):
        for statement in statements:
            await database.execute(statement)
        await measure_fresh_plans(merx)
        for row, ms in (await measure_fresh_plans(merx)).items():
            found[row][state] = ms
    return found
