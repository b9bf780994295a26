"""An attempt at a change: one that is rolled back (`dry_run`), or one that leaves bad rows out.

Kept in a context variable, so that the transaction, the reads of the answer and the end of the
route find it. A dry run determines its changes by reading the rows of its answer twice: before the
rollback and after it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict, TypeGuard

import orjson
from fastapi import Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from merx.core.database import Transaction
from merx.core.errors import Problem
from merx.core.shapes import Json, is_dict, is_list

# These change in every update, so they are not reported as differences.
_ALWAYS = "updated_at"

# A field that changes: where it is, and its values.
Difference = TypedDict("Difference", {"path": str, "from": object, "to": object})


class Change(TypedDict):
    """What happens to a row: it is `created`, `updated` or `deleted`."""

    id: str
    change: str
    fields: NotRequired[list[Difference]]


class _Answered(TypedDict, total=False):
    """What an answer says of a deletion."""

    id: object
    deleted: object


Reading = Callable[[Transaction], Awaitable[bytes]]


@dataclass(slots=True)
class Attempt:
    """One run of a route. `is_undone`: it is rolled back. `problems`: those of rows left out."""

    is_undone: bool = False
    shows_changes: bool = False
    problems: Sequence[Problem] = ()
    _tx: Transaction | None = None
    _point: Any = None
    _notes: list[tuple[bytes, Reading]] = field(default_factory=list[tuple[bytes, Reading]])

    @asynccontextmanager
    async def inside(self, tx: Transaction) -> AsyncGenerator[None]:
        """The part of a transaction that is rolled back, if this attempt is a dry run."""
        if not self.is_undone:
            yield
            return
        self._tx, self._point = tx, tx.transaction()
        await self._point.start()
        yield
        await self._undo()

    def note(self, rows: bytes, again: Reading) -> None:
        """Remember rows of the answer, and how to read them again."""
        if self.shows_changes:
            self._notes.append((rows, again))

    async def answer(self, response: Response) -> Response:
        """The route's answer, with the report of the attempt."""
        body = bytes(response.body)
        if self.shows_changes:
            answered = orjson.loads(body)
            changes = await self._changes(answered)
            body = orjson.dumps({**answered, "dry_run": True, "changes": changes})
        status = response.status_code
        if self.problems:
            body = orjson.dumps({**orjson.loads(body), "errors": list(self.problems)})
            status = 207
        return Response(body, status, media_type=response.media_type)

    async def _changes(self, answered: _Answered) -> list[Change]:
        await self._undo()
        assert self._tx is not None
        changes: list[Change] = []
        for rows, again in self._notes:
            after, before = _by_id(rows), _by_id(await again(self._tx))
            for row_id in {**before, **after}:
                changes += _change(row_id, before.get(row_id), after.get(row_id))
        known = {change["id"] for change in changes}
        deleted: list[Change] = [{"id": one, "change": "deleted"} for one in _deleted(answered)]
        return [*changes, *(one for one in deleted if one["id"] not in known)]

    async def _undo(self) -> None:
        point, self._point = self._point, None
        if point is not None:
            await point.rollback()


attempts: ContextVar[Attempt | None] = ContextVar("attempts", default=None)


async def finished(result: Any, status: int) -> Any:
    """The final answer of a route."""
    attempt = attempts.get()
    if attempt is None or not (attempt.shows_changes or attempt.problems):
        return result
    if not isinstance(result, Response):
        result = JSONResponse(jsonable_encoder(result), status)
    return await attempt.answer(result)


def _by_id(rows: bytes) -> dict[str, Json]:
    return _indexed(orjson.loads(rows))


def _indexed(rows: list[Json]) -> dict[str, Json]:
    return {row["id"]: row for row in rows if "id" in row}


def _change(row_id: str, before: Json | None, after: Json | None) -> list[Change]:
    """What happens to a row: nothing, or one change."""
    if before is None or after is None:
        return [{"id": row_id, "change": "created" if before is None else "deleted"}]
    fields = difference(before, after)
    return [{"id": row_id, "change": "updated", "fields": fields}] if fields else []


def difference(before: Any, after: Any, at: str = "") -> list[Difference]:
    """The changed fields by path; rows of a list are matched by their ids."""
    if is_dict(before) and is_dict(after):
        names = [name for name in {**before, **after} if name != _ALWAYS]
        found = [
            difference(before.get(name), after.get(name), f"{at}.{name}" if at else name)
            for name in names
        ]
        return [one for fields in found for one in fields]
    if _has_ids(before) and _has_ids(after):
        old, new = _indexed(before), _indexed(after)
        found = [difference(old.get(one), new.get(one), f"{at}[{one}]") for one in {**old, **new}]
        return [one for fields in found for one in fields]
    return [] if before == after else [{"path": at, "from": before, "to": after}]


def _has_ids(value: Any) -> TypeGuard[list[Json]]:
    return is_list(value) and all(is_dict(row) and "id" in row for row in value)


def _deleted(answered: _Answered) -> list[str]:
    """The ids that an answer reports as deleted."""
    told = answered.get("deleted")
    row_id = answered.get("id")
    if told is True and isinstance(row_id, str):
        return [row_id]
    ids: Any = told.get("ids") if is_dict(told) else None
    return [one for one in ids if isinstance(one, str)] if is_list(ids) else []
