"""`error_policy` and `dry_run` of a request, and reporting every error at once.

By default a batch is all or nothing. With `reject_failed`, failing rows are left out and the rest
is written, in one transaction, answered with 207. With `ignore_failed`, only the failing fields are
left out; a row is dropped if it cannot do without them. Detailed errors cover all rows: a failed
batch is retried without the failing rows and rolled back.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

import asyncpg
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.types import Scope

from merx.core.errors import InvalidData, MerxError, Problem
from merx.core.shapes import is_dict, is_list
from merx.web.attempts import Attempt, attempts
from merx.web.error_answers import as_client_error, coded, wants_details
from merx.web.wording import MOST_PROBLEMS, got, unrecognized

_MOST_RUNS = 100
_ROW = re.compile(r"(?P<list>\w+)\[(?P<place>\d+)\](?P<below>.*)", re.DOTALL)
_PLACE = re.compile(r"\[(\d+)\]", re.ASCII)
_OPTIONS = ("dry_run", "error_policy")


class ErrorPolicy(StrEnum):
    """What happens to a batch if some rows fail."""

    REJECT_ALL = "reject_all"
    REJECT_FAILED = "reject_failed"
    IGNORE_FAILED = "ignore_failed"


@dataclass(frozen=True, slots=True)
class Options:
    """How to make a change."""

    dry_run: bool = False
    policy: ErrorPolicy = ErrorPolicy.REJECT_ALL
    details: bool = False

    @property
    def are_usual(self) -> bool:
        """Whether no option was given."""
        return not (self.dry_run or self.details or self.policy is not ErrorPolicy.REJECT_ALL)


def take_options(request: Request, *, tries: bool, parts: bool) -> Options:
    """Read the options and remove them from the query, so the route does not see them.

    `tries`: the route can be rolled back; `parts`: its body holds rows that can be left out.
    """
    details = wants_details(request)
    query: bytes = request.scope["query_string"]
    if not any(name.encode() in query for name in _OPTIONS):
        return Options(details=details and parts)
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    refused = [name for name, can in zip(_OPTIONS, (tries, parts), strict=True)
               if name in given and not can]  # fmt: skip
    if refused:
        raise InvalidData(f"Invalid request: {unrecognized(refused)}")
    request.scope["query_string"] = b"&".join(
        part for part in query.split(b"&") if part.partition(b"=")[0].decode() not in _OPTIONS
    )
    return Options(_flag(given), _policy(given), details and parts)


def refuse_condition(scope: Scope) -> None:
    """Refuse If-Match if a change is not one transaction: it must not be silently ignored."""
    if any(name == b"if-match" for name, _ in scope["headers"]):
        raise InvalidData("This change does not support If-Match")


def refuse_options(scope: Scope) -> None:
    """Refuse `dry_run` for a route that does not support it and may not look at its query."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return
    refuse_condition(scope)
    if any(name == "dry_run" for name, _ in parse_qsl(scope["query_string"].decode("latin-1"))):
        raise InvalidData(f"Invalid request: {unrecognized(['dry_run'])}")


def _flag(given: dict[str, str]) -> bool:
    value = given.get("dry_run", "false")
    if value not in ("true", "false"):
        words = f"Expected: 'true, false' for field 'dry_run', but got: '{got(value)}'"
        raise InvalidData(f"Invalid request: {words}")
    return value == "true"


def _policy(given: dict[str, str]) -> ErrorPolicy:
    value = given.get("error_policy", ErrorPolicy.REJECT_ALL.value)
    try:
        return ErrorPolicy(value)
    except ValueError:
        known = ", ".join(ErrorPolicy)
        words = f"Expected: '{known}' for field 'error_policy', but got: '{got(value)}'"
        raise InvalidData(f"Invalid request: {words}") from None


async def run(
    handle: Callable[[Any], Awaitable[Response]],
    request_with: Callable[[Any], Request],
    body: Any,
    options: Options,
) -> Response:
    """Run a route under the options; `request_with` gives the request with another body."""
    rows = _Rows(body, by_field=options.policy is ErrorPolicy.IGNORE_FAILED)
    found: list[Problem] = []
    first: MerxError | None = None
    keeps = options.policy is not ErrorPolicy.REJECT_ALL
    for _ in range(_MOST_RUNS):
        attempt = Attempt(
            is_undone=options.dry_run or (first is not None and not keeps),
            shows_changes=options.dry_run,
            problems=found if keeps else [],
        )
        request = request_with(rows.body)
        try:
            response = await _attempt(handle, request, attempt)
        except (MerxError, RequestValidationError, asyncpg.PostgresError) as error:
            failure = await as_client_error(request, error, rows.body)
            if failure is None:
                raise
            told = rows.leave_out(coded(failure))
            # For a required field that was left out, report what was wrong with it at first.
            known = {problem.get("path") for problem in found}
            found += [problem for problem in told if problem.get("path") not in known]
            first = first or failure
            if not told and (keeps or first is failure):
                raise failure from error
            # An answer lists at most this many, so looking for more would be wasted.
            is_full = bool(failure.unlisted) or len(found) >= MOST_PROBLEMS
            if not told or (is_full and not keeps):
                break
            continue
        if first is None or keeps:
            return response
        break
    assert first is not None
    first.problems = found or first.problems
    raise first


async def _attempt(
    handle: Callable[[Any], Awaitable[Response]], request: Request, attempt: Attempt
) -> Response:
    """One run in an exit stack of its own: its transaction ends with it."""
    token = attempts.set(attempt)
    outer = request.scope.get("fastapi_function_astack")
    try:
        async with AsyncExitStack() as stack:
            request.scope["fastapi_function_astack"] = stack
            return await handle(request)
    finally:
        request.scope["fastapi_function_astack"] = outer
        attempts.reset(token)


@dataclass(slots=True)
class _Rows:
    """The rows of a batch by list, with the original positions of those that are left."""

    body: Any
    by_field: bool
    _places: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def __post_init__(self) -> None:
        if is_dict(self.body):
            lists = {name: rows for name, rows in self.body.items() if is_list(rows)}
            self._places = {name: list(range(len(rows))) for name, rows in lists.items()}

    def leave_out(self, problems: Sequence[Problem]) -> list[Problem]:
        """Remove failing rows or fields; the problems found in each, by their first paths."""
        told: list[Problem] = []
        gone: dict[str, set[int]] = {}
        kept: dict[str, dict[int, Any]] = {}
        for problem in problems:
            found = _ROW.fullmatch(problem.get("path", ""))
            if found is None or int(found["place"]) >= len(self._places.get(found["list"], ())):
                continue
            name, place = found["list"], int(found["place"])
            told.append({**problem, "path": self._first(name, place) + found["below"]})
            fields = kept.setdefault(name, {})
            row = fields.get(place, self.body[name][place])
            less = _without(row, found["below"]) if self.by_field else None
            if less is None:
                gone.setdefault(name, set()).add(place)
            else:
                fields[place] = less
        self._write(gone, kept)
        return told

    def _first(self, name: str, place: int) -> str:
        return f"{name}[{self._places[name][place]}]"

    def _write(self, gone: dict[str, set[int]], kept: dict[str, dict[int, Any]]) -> None:
        body = dict(self.body) if is_dict(self.body) else self.body
        for name in kept:
            out = gone.get(name, set[int]())
            left = [place for place in range(len(body[name])) if place not in out]
            body[name] = [kept[name].get(place, body[name][place]) for place in left]
            self._places[name] = [self._places[name][place] for place in left]
        self.body = body


def _without(row: Any, path: str) -> Any:
    """The row without the value at the path; if there is none, without the part that would contain
    it.

    None if that is the row itself.
    """
    if is_dict(row):
        rest = path.removeprefix(".")
        # A name can contain what separates names, so the longest one that fits is meant.
        fitting = [name for name in row if name and _begins(rest, name)]
        if not fitting:
            return None
        head = max(fitting, key=len)
        less = _without(row[head], rest[len(head) :])
        others = {name: value for name, value in row.items() if name != head}
        return others if less is None else {**row, head: less}
    place = _PLACE.match(path)
    if is_list(row) and place and int(place[1]) < len(row):
        head = int(place[1])
        less = _without(row[head], path[place.end() :])
        return [*row[:head], *([] if less is None else [less]), *row[head + 1 :]]
    return None


def _begins(path: str, name: str) -> bool:
    return path.startswith(name) and path[len(name) : len(name) + 1] in ("", ".", "[")
