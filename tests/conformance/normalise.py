"""Answers of two servers, or two runs, made comparable: ids, times, run texts, chance orders."""

import copy
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

ID = re.compile(r"\b([a-z]+(?:_[a-z]+)*)_[0-9A-HJKMNP-TV-Z]{26}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
EXACT_INTEGERS = 2**53


class Labels:
    """Names ids by prefix and order of appearance, `<prod 1>`, so that equal means the same row."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def fork(self) -> "Labels":
        """A copy to number an answer with whose ids later answers must not know."""
        return copy.deepcopy(self)

    def replace(self, text: str) -> str:
        """`text` with each id replaced by its label; new ids get the next number."""
        return ID.sub(lambda match: self._label(match[0], match[1]), text)

    def preview(self, text: str) -> str:
        """As `replace`, but a new id becomes its bare prefix: for sorting, before numbering."""
        return ID.sub(lambda match: self._known.get(match[0], f"<{match[1]}>"), text)

    def _label(self, id: str, prefix: str) -> str:
        if id not in self._known:
            self._counts[prefix] = self._counts.get(prefix, 0) + 1
            self._known[id] = f"<{prefix} {self._counts[prefix]}>"
        return self._known[id]


def normalise(
    body: Any,
    labels: Labels,
    *,
    run: str,
    unordered: Iterable[str] = (),
    ignore: Iterable[str] = (),
) -> Any:
    """The answer in a form that is the same whatever ids, times and orders chance gave it."""
    body = plain(body, run)
    for path in ignore:
        for holder, key in places(body, path.split(".")):
            holder[key] = "<any>"
    sort_lists(body, unordered, labels)
    return labelled(body, labels)


def plain(value: Any, run: str) -> Any:
    """Texts without times and run text, whole floats as integers, keys in one order."""
    if isinstance(value, dict):
        return {key.replace(run, "<run>"): plain(value[key], run) for key in sorted(value)}
    if isinstance(value, list):
        return [plain(item, run) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_INTEGERS:
        return int(value)
    if isinstance(value, str):
        return "<time>" if TIME.fullmatch(value) else value.replace(run, "<run>")
    return value


def sort_lists(body: Any, paths: Iterable[str], labels: Labels) -> None:
    """Sorts every list found at the paths by its rows' content."""
    found = [holder[key] for path in paths for holder, key in places(body, path.split("."))]
    lists = [value for value in found if isinstance(value, list)]
    # Inner lists first: a row's sort key must not depend on the chance order inside it.
    for rows in sorted(lists, key=depth):
        rows.sort(key=lambda row: labels.preview(json.dumps(row, sort_keys=True)))


def depth(value: Any) -> int:
    """How many containers lie inside each other."""
    if not isinstance(value, dict | list):
        return 0
    items = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, items), default=0)


def places(value: Any, parts: list[str]) -> Iterator[tuple[Any, Any]]:
    """Each (container, key) that a dotted path names; `*` is any key or index, `**` any depth."""
    if not isinstance(value, dict | list):
        return
    head, *rest = parts
    if head == "**":
        yield from places(value, rest)
        for key in keys_of(value, "*"):
            yield from places(value[key], parts)
        return
    for key in keys_of(value, head):
        if rest:
            yield from places(value[key], rest)
        else:
            yield value, key


def keys_of(value: Any, part: str) -> Iterable[Any]:
    """The keys or indexes that one part of a path names in a container."""
    if part == "*":
        return list(value) if isinstance(value, dict) else range(len(value))
    if isinstance(value, dict):
        return [part] if part in value else []
    return [int(part)] if part.isdecimal() and int(part) < len(value) else []


def labelled(value: Any, labels: Labels) -> Any:
    """All ids replaced by labels, numbered in reading order."""
    if isinstance(value, dict):
        return {labels.replace(key): labelled(item, labels) for key, item in value.items()}
    if isinstance(value, list):
        return [labelled(item, labels) for item in value]
    return labels.replace(value) if isinstance(value, str) else value
