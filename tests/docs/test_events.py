"""The list of events in the documents is that of the code."""

import re
from pathlib import Path

from tests.docs.emitted import emitted

LIST = Path(__file__).parents[2] / "docs" / "reference" / "events.md"


def test_every_event_is_listed_and_nothing_else() -> None:
    listed = set(re.findall(r"`([a-z-]+\.[a-z_-]+)`", LIST.read_text()))

    assert listed == emitted()
