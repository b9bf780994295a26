"""A cart of 100 lines with 200 active promotions costs so many steps, which no other load changes.

`python -m benchmarks.promotions` measures the same shapes in milliseconds of CPU.
"""

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from benchmarks.promotions import LINES, all_apply, cart, few_apply, large_values
from merx.modules.promotion.engine import compute
from merx.modules.promotion.facts import Promotion


def calls_of(work: Callable[[], Any]) -> Counter[str]:
    """How often each function of the engine is called."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "/promotion/" in frame.f_code.co_filename:
            calls[frame.f_code.co_name] += 1

    known = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(known)
    return calls


@pytest.mark.parametrize("shape", [few_apply, all_apply, large_values])
def test_rules_are_not_asked_of_each_line_by_each_promotion(
    shape: Callable[[], list[Promotion]],
) -> None:
    facts, promotions = cart(), shape()

    calls = calls_of(lambda: compute(facts, promotions))

    # Each attribute of a line is looked up once: the cart's one, and one of its lines.
    assert calls["found"] == 1 + LINES


@pytest.mark.parametrize(
    ("shape", "adjustments", "most"),
    [(few_apply, 703, 9), (all_apply, 1393, 9), (large_values, 6833, 4)],
)
def test_steps_grow_with_what_is_taken_off(
    shape: Callable[[], list[Promotion]], adjustments: int, most: float
) -> None:
    facts, promotions = cart(), shape()

    computed = compute(facts, promotions)
    calls = calls_of(lambda: compute(facts, promotions))

    assert len(computed.adjustments) == adjustments
    assert calls.total() / adjustments < most, calls.most_common(5)
