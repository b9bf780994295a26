"""Metadata: free keys that a client stores with a row."""

import json

import orjson

from merx.core.errors import InvalidData
from merx.core.shapes import Document, Json

# Limits per row, as JSON. Rows come in pages and with their relations, so every reader pays for
# what is stored in each of them. An admin may send a lot in one request, as on the reference; what
# a storefront adds bit by bit is limited to what it may send at once.
MOST_BYTES = 2 * 1024 * 1024
MOST_ADDED = 100 * 1024
TOO_LARGE = f"must not be larger than {MOST_BYTES} bytes"


def is_too_large(metadata: Document, most: int = MOST_BYTES) -> bool:
    """Whether the metadata exceeds the limit of a row."""
    return _size(metadata) > most


def _size(metadata: Document) -> int:
    try:
        return len(orjson.dumps(metadata, default=str))
    except orjson.JSONEncodeError:
        # An integer beyond 64 bits: left to the field that receives it.
        return len(json.dumps(metadata, default=str))


def merge_metadata(
    present: Document | None,
    given: Document | None,
    most: int = MOST_ADDED,
) -> Json | None:
    """The metadata after an update, as on the reference; InvalidData if it gets too large.

    Keys are merged at the top level: a key given as "" is removed, `{}` clears all keys, None sets
    NULL.
    """
    if given is None:
        return None
    if not given:
        return {}
    merged = {**(present or {}), **given}
    kept = {key: value for key, value in merged.items() if given.get(key) != ""}
    # Metadata that already is too large can still be changed and made smaller.
    limit = max(most, _size(given))
    grows = not (present and is_too_large(present, limit) and len(kept) <= len(present))
    if is_too_large(kept, limit) and grows:
        words = f"must not be larger than {limit} bytes"
        raise InvalidData(
            f"Invalid request: Field 'metadata' {words}",
            problems=[{"path": "metadata", "message": f"Field 'metadata' {words}"}],
        )
    return kept
