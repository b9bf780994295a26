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
        "01-10-2026 12:00",
        "1/10/2026 12:00 PM",
        "2026/1/10 12:00:00",
        "January 10, 2026 12:00",
        "Jan 10 2026 12:00:00",
        "10 Jan 2026 12:00",
        "Sat, 10 Jan 2026 12:00:00 GMT",
        "Sat Jan 10 2026 13:00:00 GMT+0100 (Central European Standard Time)",
    ],
)
def test_a_time_is_read_in_utc(text: str) -> None:
    assert parse_time(text) == NOON


def test_a_date_is_its_midnight() -> None:
    assert parse_time("2026-01-10") == NOON.replace(hour=0)


@pytest.mark.parametrize(
    "text",
    ["", "today", "2026", "1768046400", "2026-02-30", "2026-01-10T24:01Z", "9999-12-31T23:59-12:00",
     "0001-01-01T00:00+12:00", "2026-01-10T12:00:00+99:00", "\0"],
)  # fmt: skip
def test_what_names_no_moment_is_none(text: str) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize(
    "text", ["01-26-1990", "1/26/1990", "1.26.1990", "January 26, 1990", "26 jan 1990", "1990-1-26"]
)
def test_a_date_that_people_write_is_its_midnight(text: str) -> None:
    assert parse_time(text) == datetime(1990, 1, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2020", "26-01-1990", "2020-13-01", "2020-02-30", "Foo 1 2020", "Jan 2020"),
        *("1/2-2020", "1/2/2020 13:00 PM", "1/2/2020 0:00 AM", "1/2/20", "x" * 100_000),
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text) is None
