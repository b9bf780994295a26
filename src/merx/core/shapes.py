"""Type guards for values of unknown shape, such as parsed JSON."""

from typing import Any, TypeGuard


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a list, of anything."""
    return isinstance(value, list)


def is_dict(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a dict with text keys, as in JSON and query strings."""
    return isinstance(value, dict)
