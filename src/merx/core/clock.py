"""Time as the API writes it: UTC, ISO 8601, milliseconds, `Z`."""

import re
from datetime import UTC, datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# How people and JavaScript write times other than ISO 8601: the month before the day, or in words.
# `Tue Mar 01 2022 10:00:00 GMT+0100 (Central European Standard Time)` is JavaScript's own format.
_WRITTEN = re.compile(
    r"""(?:
      (?P<m1>\d{1,2})(?P<s1>[-/.])(?P<d1>\d{1,2})(?P=s1)(?P<y1>\d{4})
    | (?P<y2>\d{4})(?P<s2>[-/.])(?P<m2>\d{1,2})(?P=s2)(?P<d2>\d{1,2})
    | (?:[a-z]{3},?[ ])?(?P<m3>[a-z]{3,9})[ ](?P<d3>\d{1,2}),?[ ](?P<y3>\d{4})
    | (?:[a-z]{3},?[ ])?(?P<d4>\d{1,2})[ ](?P<m4>[a-z]{3,9})[ ](?P<y4>\d{4})
    )
    (?:,?[ ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?
      (?:[ ]?(?P<half>[ap]m))?)?
    (?:[ ]?(?:gmt|utc|z)?(?P<zone>[+-]\d{2}:?\d{2})?)?
    (?:[ ]\([^()]*\))?""",
    re.VERBOSE | re.IGNORECASE,
)


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


def parse_time(text: str) -> datetime | None:
    """A date or time, converted to UTC; None if it is neither.

    Accepts ISO 8601 and what JavaScript parses besides: `01-26-1990`, `January 26, 1990 10:00 PM`.
    """
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return _parse_written(text)


def _parse_written(text: str) -> datetime | None:
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict().items()
    found = {name[0]: value for name, value in parts if value and len(name) == 2}
    word = found["m"].lower()
    month = word if word.isdigit() else str(_month(word))
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + 12 * (match["half"].lower() == "pm") if 0 < hour <= 12 else 99
    clock = f"{hour:02}:{match['minute'] or '00'}:{match['second'] or '00'}{match['zone'] or ''}"
    try:
        day = f"{found['y']}-{month.zfill(2)}-{found['d'].zfill(2)}"
        return _in_utc(datetime.fromisoformat(f"{day}T{clock}"))
    except (ValueError, OverflowError):
        return None


def _month(word: str) -> int:
    """The number of a month by its name or an abbreviation; 0 for any other word."""
    return _MONTHS.index(word[:3]) + 1 if word[:3] in _MONTHS else 0


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_time(moment: datetime) -> str:
    """A time as the API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
