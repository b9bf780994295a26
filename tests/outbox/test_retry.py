"""When a failed delivery comes again, and what is kept of the failure."""

import pytest

from merx.outbox.retry import describe, retry_delay


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 1), (2, 2), (3, 4), (11, 1024), (13, 3600), (10_000, 3600)]
)
def test_wait_doubles_up_to_an_hour(attempt, longest):
    delays = {retry_delay(attempt) for _ in range(100)}

    assert max(delays) <= longest
    assert min(delays) >= longest / 2


def test_deliveries_that_failed_together_come_back_apart():
    assert len({retry_delay(5) for _ in range(100)}) > 90


def test_what_a_text_column_cannot_hold_is_left_out_of_an_error():
    kept = describe(ValueError("a\0b\ud800c" + "x" * 10_000))

    assert len(kept) == 4000
    assert "\0" not in kept
    kept.encode()
    assert describe(ValueError("a\0b\ud800c")) == "ValueError: ab?c"
