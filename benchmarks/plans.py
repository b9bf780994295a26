"""Checks whether plans depend on statistics: the same requests on tables that were just filled, on
tables without statistics, and on analysed ones, after the other measurements have filled them."""

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.sides import OverHTTP, Sample

ROWS = ("get a product with 1,000 variants", "list 50 products", "batch create 100")
_TIMES = 3

_CLEAR = """
SELECT pg_clear_relation_stats(n.nspname::text, c.relname::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i')"""
_CLEAR_COLUMNS = """
SELECT pg_clear_attribute_stats(schemaname::text, tablename::text, attname::text, inherited)
FROM pg_stats WHERE schemaname = 'public'"""
STATES = (("no statistics", (_CLEAR, _CLEAR_COLUMNS)), ("analysed", ("ANALYZE",)))


async def measure_state(merx: OverHTTP) -> dict[str, float]:
    """Row → milliseconds of CPU with the current statistics; the first of each is not counted."""
    large = [await merx.read("large") for _ in range(_TIMES + 1)]
    listed = [await merx.read("list") for _ in range(_TIMES + 1)]
    created = [(await merx.cycle(100))["create"] for _ in range(_TIMES + 1)]
    return dict(zip(ROWS, map(_median, (large, listed, created)), strict=True))


async def measure_plans(database: Any, merx: OverHTTP) -> dict[str, dict[str, float]]:
    """Row → state of the statistics → milliseconds of CPU."""
    found: dict[str, dict[str, float]] = {row: {} for row in ROWS}
    for state, statements in STATES:
        for statement in statements:
            await database.execute(statement)
        for row, ms in (await measure_state(merx)).items():
            found[row][state] = ms
    return found


def _median(samples: Sequence[Sample]) -> float:
    return statistics.median(sample.cpu_ms or sample.ms for sample in samples[1:])
