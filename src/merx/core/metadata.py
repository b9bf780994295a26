"""Free keys that a client keeps with a row."""

from collections.abc import Mapping
from typing import Any

import orjson

from merx.core.errors import InvalidData

# Of one row, as JSON: what the reference takes in one request. Rows come in pages and with their
# relations, so what one client keeps in one of them every reader has to carry.
MOST_BYTES = 100 * 1024
TOO_LARGE = f"must not be larger than {MOST_BYTES} bytes"


def is_too_large(metadata: Mapping[str, Any]) -> bool:
    """Whether a row may not keep so much."""
    return len(orjson.dumps(metadata, default=str)) > MOST_BYTES


def merge_metadata(
    present: Mapping[str, Any] | None, given: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What metadata becomes by an update, as on the reference; InvalidData when too much.

    Keys are merged at the top level, one that is given as "" goes, `{}` empties, None clears.
    """
    if given is None:
        return None
    if not given:
        return {}
    merged = {**(present or {}), **given}
    kept = {key: value for key, value in merged.items() if given.get(key) != ""}
    # What is too large from before can still be changed and made smaller.
    if is_too_large(kept) and not (present and is_too_large(present) and len(kept) <= len(present)):
        raise InvalidData(
            f"Invalid request: Field 'metadata' {TOO_LARGE}",
            problems=[{"path": "metadata", "message": f"Field 'metadata' {TOO_LARGE}"}],
        )
    return kept
