"""Rows of one kind that are written by one call, and the result of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, NotFound, Problem
from merx.core.kinds import Input
from merx.core.shapes import Json
from merx.workflows.bulk.rows import Key, Row

M = TypeVar("M", bound=BaseModel)
# The model of a body; a MerxError with the reference's message if it is invalid.
Check = Callable[[type[Any], Any], Any]

_BY_KEY = """
SELECT given.key, {columns} FROM unnest($1::text[]) AS given(key) CROSS JOIN LATERAL (
  SELECT * FROM {table} t WHERE t.{column} = given.key AND t.deleted_at IS NULL OFFSET 0) row"""


class Nothing(Input):
    """The fields of a line that only identifies a row."""


@dataclass(frozen=True, slots=True)
class Done:
    """The result for a written row: its id, and `created`, `updated`, `deleted`, or `none` if there
    was nothing to delete.
    """

    id: str | None
    change: str


@dataclass(slots=True)
class Step:
    """One attempt to write rows together, each identified by its position in the list.

    A writer marks rows that cannot be written as failed and continues with the others. It records
    their paths in what it passes to a workflow, so that an error's paths lead back to the rows.
    """

    rows: Sequence[Row]
    places: Sequence[int]
    check: Check
    failures: dict[int, MerxError] = field(default_factory=dict[int, MerxError])
    done: dict[int, Done] = field(default_factory=dict[int, Done])
    _at: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def left(self) -> Iterator[tuple[int, Row]]:
        """The rows that have not failed, by position."""
        for place in self.places:
            if place not in self.failures:
                yield place, self.rows[place]

    def blame(self, place: int, error: MerxError) -> None:
        """Mark a row as failed."""
        self.failures.setdefault(place, error)

    def note(self, path: str, place: int) -> None:
        """Record that a row is at a path of the workflow's input."""
        self._at.setdefault(path, []).append(place)

    def blame_by(self, error: MerxError) -> bool:
        """Mark the rows in the error's paths as failed; False if there are none.

        A row that repeats another one may be written if the other fails.
        """
        by_place: dict[int, list[Problem]] = {}
        others = [problem for problem in error.problems if problem.get("code") != "repeated"]
        for problem in others or error.problems:
            path = problem.get("path", "")
            at = _longest(path, self._at)
            for place in self._at.get(at, ()):
                own = path[len(at) :].lstrip(".")
                by_place.setdefault(place, []).append({**problem, "path": own})
        for place, problems in by_place.items():
            words = problems[0].get("message", error.message)
            self.blame(place, type(error)(words, code=error.code, problems=problems))
        return bool(by_place)

    def checked(self, place: int, model: type[M], values: Json) -> M | None:
        """The model of a row's fields; None if they are invalid, which fails the row."""
        try:
            return self.check(model, values)
        except MerxError as error:
            self.blame(place, error)
            return None


def _longest(path: str, known: dict[str, list[int]]) -> str:
    """The longest known prefix of a path."""
    most = min(len(path), max(map(len, known), default=0))
    ends = (at for at in range(most, 0, -1) if at == len(path) or path[at] in ".[")
    return next((path[:at] for at in ends if path[:at] in known), "")


async def find_rows(
    tx: Transaction, table: str, column: str, keys: Sequence[str], *columns: str
) -> dict[str, list[Any]]:
    """The live rows by the values of a column, with their ids and the given columns."""
    if not keys:
        return {}
    text = _BY_KEY.format(
        table=table, column=column, columns=", ".join(f"row.{one}" for one in ("id", *columns))
    )
    found: dict[str, list[Any]] = {}
    for record in await tx.fetch(text, list(dict.fromkeys(keys))):
        found.setdefault(record["key"], []).append(record)
    return found


async def find_named(
    tx: Transaction, step: Step, table: str, which: int, *columns: str, missing: bool = False
) -> dict[int, Any]:
    """The row for each line's key (`which`: first or second key).

    Lines whose key matches several rows fail, and so do those that match none unless `missing` ones
    are wanted.
    """
    named = [(place, row.keys[which]) for place, row in step.left()]
    if not named:
        return {}
    column = _COLUMNS.get(named[0][1].name, named[0][1].name)
    found = await find_rows(tx, table, column, [key.value for _, key in named], *columns)
    records: dict[int, Any] = {}
    for place, key in named:
        rows = found.get(key.value, [])
        if len(rows) > 1:
            step.blame(place, _ambiguous(table, key, len(rows)))
        elif rows:
            records[place] = rows[0]
        elif not missing:
            step.blame(place, not_found(table, key))
    return records


# The column of a key, if it has another name.
_COLUMNS = {
    "variant_id": "id",
    "inventory_item_id": "id",
    "location_id": "id",
    "item_sku": "sku",
    "product_id": "id",
    "product_external_id": "external_id",
    "product_handle": "handle",
}


def not_found(table: str, key: Key) -> NotFound:
    """The error for a key without a row."""
    words = f"{thing(table)} with {_COLUMNS.get(key.name, key.name)}: {key.value} was not found"
    return NotFound(words, problems=[{"path": key.name, "code": "not_found", "message": words}])


def taken(table: str, path: str, conflicting_id: str) -> InvalidData:
    """The error for a row to create that already exists."""
    words = f"{thing(table)} exists: update or upsert it"
    problem: Problem = {
        "path": path, "code": "taken", "message": words, "conflicting_id": conflicting_id
    }  # fmt: skip
    return InvalidData(words, problems=[problem])


def _ambiguous(table: str, key: Key, count: int) -> InvalidData:
    column = _COLUMNS.get(key.name, key.name)
    words = f"{count} rows have {column}: {key.value}; name the {thing(table).lower()} by its id"
    return InvalidData(words, problems=[{"path": key.name, "code": "invalid", "message": words}])


def thing(table: str) -> str:
    """A table's row in words."""
    return table.replace("_", " ").capitalize()
