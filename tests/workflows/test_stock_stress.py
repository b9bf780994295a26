"""Many processes at the same few levels: afterwards ledger, levels and reservations agree."""

import asyncio
import json
import os
from collections import Counter

import pytest

from merx.core.database import Transaction
from merx.operations.doctor import examine
from tests.factories.products import make_item, make_location
from tests.factories.stock import make_level
from tests.processes import Forked
from tests.workflows.stock_agrees import broken_promises

# STOCK_STRESS=8x1000 runs the whole test; the suite runs a sample.
PROCESSES, OPERATIONS = map(int, os.environ.get("STOCK_STRESS", "4x150").split("x"))


@pytest.mark.commits
@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_after_any_number_of_hands_the_stock_agrees(
    tx: Transaction, database_url: str
) -> None:
    items = [await make_item(tx) for _ in range(3)]
    places = [await make_location(tx) for _ in range(3)]
    for item in items:
        for place in places:
            await make_level(tx, item, place, stocked=10)

    said = await asyncio.to_thread(_work, database_url)

    done = sum((Counter(json.loads(text)) for text in said), Counter[str]())
    assert sum(done.values()) == PROCESSES * OPERATIONS
    assert {"reserve", "move", "release", "adjust", "reserve: NotAllowed"} <= set(done)
    assert await broken_promises(tx) == {}
    assert await examine(tx) == []


def _work(url: str) -> list[str]:
    """Let the processes work; what each says."""
    runs = [
        Forked("tests.workflows.stock_hands", url, str(seed), str(OPERATIONS), environment={})
        for seed in range(PROCESSES)
    ]
    said = [run.communicate()[0] for run in runs]
    assert [run.poll() for run in runs] == [0] * PROCESSES
    return said
