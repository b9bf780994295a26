"""Free keys that a client keeps with a row."""

from collections.abc import Mapping
from typing import Any


def merge_metadata(
    present: Mapping[str, Any] | None, given: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What metadata becomes by an update, as on the reference.

    Keys are merged at the top level, one that is given as "" goes, `{}` empties, None clears.
    """
    if given is None:
        return None
    if not given:
        return {}
    merged = {**(present or {}), **given}
    return {key: value for key, value in merged.items() if given.get(key) != ""}
