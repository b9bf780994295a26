"""An error of a workflow leads back to the lines at its path, whatever the names in it contain."""

import pytest

from merx.core.errors import InvalidData
from merx.workflows.bulk.rows import Row
from merx.workflows.bulk.step import Step

PATHS = ["create[0]", "create[0].prices[1]", "create[0].prices[12]"]


@pytest.mark.parametrize(
    ("path", "place", "own"),
    [
        ("create[0]", 0, ""),
        ("create[0].title", 0, "title"),
        ("create[0].prices[1].amount", 1, "amount"),
        ("create[0].prices[12]", 2, ""),
        ("create[0].prices[13].amount", 0, "prices[13].amount"),
        ("create[0].options.x]", 0, "options.x]"),
        ("create[0].prices[1].rules.a.b[", 1, "rules.a.b["),
        ("create[0]." + "." * 100_000, 0, ""),
        ("create[01]", None, ""),
        ("create]", None, ""),
        ("", None, ""),
    ],
)
def test_an_error_fails_the_line_at_the_longest_known_path(
    path: str, place: int | None, own: str
) -> None:
    rows = [Row(1, "product", "create", (), {}, {})] * len(PATHS)
    step = Step(rows, range(len(rows)), lambda model, values: model(**values))
    for number, known in enumerate(PATHS):
        step.note(known, number)

    is_told = step.blame_by(InvalidData.of([{"path": path, "message": "bad"}]))

    assert is_told == (place is not None)
    told = {at: failure.problems[0].get("path") for at, failure in step.failures.items()}
    assert told == ({} if place is None else {place: own})
