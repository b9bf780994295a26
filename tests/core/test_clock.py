"""Times as clients write them."""

from datetime import UTC, datetime

import pytest

from merx.core.clock import parse_time

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-10T12:00:00Z",
        "2026-01-10T12:00:00.000Z",
        "2026-01-10T12:00:00",
        "2026-01-10 12:00",
        "2026-01-10T14:00:00+02:00",
        "2026-01-10T03:00:00-09:00",
        "20260110T120000Z",
    ],
)
def test_a_time_is_read_in_utc(text: str) -> None:
    assert parse_time(text) == NOON


def test_a_date_is_its_midnight() -> None:
    assert parse_time("2026-01-10") == NOON.replace(hour=0)


@pytest.mark.parametrize(
    "text",
    ["", "today", "2026", "1768046400", "2026-02-30", "2026-01-10T24:01Z", "9999-12-31T23:59-12:00",
     "0001-01-01T00:00+12:00", "2026-01-10T12:00:00+99:00", "2026-1-1", "\0"],
)  # fmt: skip
def test_what_names_no_moment_is_none(text: str) -> None:
    assert parse_time(text) is None
