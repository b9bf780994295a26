"""Comparing an answer with what was recorded or promised; showing the difference readably."""

import difflib
import json
from typing import Any

from .play import Played


def difference(played: Played, recorded: dict[str, Any]) -> str:
    """A unified diff of the expected and the given answer, or an empty text."""
    given = {"status": played.status, "body": played.body}
    expected = {"status": recorded["status"], "body": recorded["body"]}
    if played.promised:
        if given == expected and not played.promised.chance:
            return f"step {played.step.name!r} answers as the reference does: it is not stricter"
        return differs_from_promise(played)
    return "" if given == expected else diff(played, "the reference", expected, given)


def differs_from_promise(played: Played) -> str:
    """As `difference`, against the parts of the answer that a stricter step promises."""
    promised = played.promised
    assert promised is not None
    expected: dict[str, Any] = {"status": promised.status}
    given: dict[str, Any] = {"status": played.status}
    body = played.body if isinstance(played.body, dict) else {}
    for key in ("type", "message"):
        if (value := getattr(promised, key)) is not None:
            expected[key], given[key] = value, body.get(key)
    if promised.body is not None:
        expected["body"], given["body"] = promised.body, cut(played.body, promised.body)
    if promised.status != played.status:
        given["body"] = played.body
    return "" if given == expected else diff(played, f"Merx: {promised.why}", expected, given)


def cut(value: Any, shape: Any) -> Any:
    """`value` reduced to the keys of `shape`: a promise names only what it is about."""
    if isinstance(value, dict) and isinstance(shape, dict):
        return {key: cut(item, shape[key]) for key, item in value.items() if key in shape}
    if isinstance(value, list) and isinstance(shape, list) and len(value) == len(shape):
        return [cut(item, part) for item, part in zip(value, shape, strict=True)]
    return value


def diff(played: Played, source: str, expected: dict[str, Any], given: dict[str, Any]) -> str:
    """The two answers line by line, headed by the step."""
    lines = difflib.unified_diff(
        pretty(expected), pretty(given), f"expected of {source}", "given", lineterm=""
    )
    step = played.step
    return "\n".join([f"step {step.name!r}: {step.method} {step.path}", *lines])


def pretty(value: Any) -> list[str]:
    """JSON with one value per line."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).splitlines()
