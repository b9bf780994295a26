"""JSON whose keys Merx does not decide, and type guards for values of unknown shape."""

from collections.abc import Mapping
from typing import Any, TypeGuard

# A JSON document: an answer as a selection shows it, metadata, what a provider stores with a row.
# Code that depends on its keys declares them, in a TypedDict or a dataclass (`python -m checks`).
Json = dict[str, Any]
# The same, only read.
Document = Mapping[str, Any]


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a list, of anything."""
    return isinstance(value, list)


def is_dict(value: object) -> TypeGuard[Json]:
    """Whether it is a dict with text keys, as in JSON and query strings."""
    return isinstance(value, dict)
