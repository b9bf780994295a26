"""Questions about values whose shape is not known yet, such as parsed JSON."""

from typing import Any, TypeGuard


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a list, of whatever."""
    return isinstance(value, list)


def is_dict(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is an object with text keys, as JSON and query strings have them."""
    return isinstance(value, dict)
