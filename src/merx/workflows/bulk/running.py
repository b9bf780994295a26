"""Writes a bulk job in lots: each lot and the job's position in one transaction."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import asyncpg
import orjson

from merx.core.acting import acting, changing
from merx.core.database import Database, DatabaseAway, DatabaseBusy, Transaction, before_next_try
from merx.core.errors import MerxError
from merx.core.shapes import Json
from merx.modules.bulk.jobs import Job, Written, advance_job, count_fault, end_job, hold_job
from merx.workflows.bulk.reading import Line, Lines
from merx.workflows.bulk.rows import Row, read_row
from merx.workflows.bulk.step import Done
from merx.workflows.bulk.writing import PASSING, Explaining, write_rows

MOST_LINES = 2000
_FIRST_LINES = 200
# A lot takes about this long: rows are not locked longer, and an interrupted job repeats no more.
_LOT_SECONDS = 0.8
_TRIES = 4
# This many server errors at the same line end the job.
_MOST_FAULTS = 4
_MOST_PROBLEMS = 20

# The bytes of a job's file from a position on.
Opening = Callable[[int], AsyncIterator[bytes]]
# Called with the number of further lines done.
Progress = Callable[[int], None]

_CODES = {"invalid_data": "invalid", "duplicate_error": "taken"}


async def run_job(
    database: Database,
    job: Job,
    opening: Opening,
    explaining: Explaining,
    *,
    seconds: float | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Go on with a job until it ends or the time is up."""
    token, named = acting.set(job.created_by), changing.get()
    if job.created_by:
        kind = "user" if job.created_by.startswith("user_") else "api-key"
        changing.set(f"{kind} {job.created_by}")
    try:
        async with aclosing(_opened(opening(job.position))) as chunks:
            lines = Lines(chunks, number=job.done, position=job.position)
            await _run(database, job, lines, explaining, seconds, progress)
    finally:
        acting.reset(token)
        changing.set(named)


async def _opened(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    async for chunk in chunks:
        yield chunk


async def _run(
    database: Database,
    job: Job,
    lines: Lines,
    explaining: Explaining,
    seconds: float | None,
    progress: Progress,
) -> None:
    started = time.monotonic()
    # After an error one line at a time, to find the line that causes it.
    most = 1 if job.attempts else _FIRST_LINES
    while seconds is None or time.monotonic() - started < seconds:
        lot = await lines.take(most)
        if not lot:
            async with database.write() as tx:
                await end_job(tx, job.id, "done")
            return
        began = time.monotonic()
        try:
            is_written = await _write_lot(database, job, lot, explaining)
        except (DatabaseAway, DatabaseBusy, *PASSING):
            # Not the lines' fault: another run continues here.
            raise
        except Exception as error:
            await _note_fault(database, job, lot, error)
            raise
        if not is_written:
            return
        progress(len(lot))
        job = replace(job, position=lot[-1].end, done=lot[-1].number, attempts=0)
        most = _next_size(most, time.monotonic() - began)


def _next_size(most: int, seconds: float) -> int:
    if seconds > 2 * _LOT_SECONDS:
        return max(1, most // 2)
    return min(MOST_LINES, most * 2) if seconds < _LOT_SECONDS / 2 else most


async def _write_lot(
    database: Database, job: Job, lot: Sequence[Line], explaining: Explaining
) -> bool:
    """Write lines; False if this process may not continue the job."""
    for number in range(1, _TRIES + 1):
        try:
            async with database.write() as tx:
                if not await hold_job(tx, job.id, position=job.position):
                    return False
                await advance_job(tx, job.id, await _write(tx, lot, explaining))
                return True
        except PASSING:
            if number == _TRIES:
                raise
        await before_next_try(number)
    raise AssertionError("unreachable")


async def _write(tx: Transaction, lot: Sequence[Line], explaining: Explaining) -> Written:
    outcomes: dict[int, Done | MerxError] = {}
    rows: list[Row] = []
    for line in lot:
        if not line.text:
            continue
        try:
            rows.append(read_row(line.number, line.text))
        except MerxError as error:
            outcomes[line.number] = error
    written = await write_rows(tx, rows, explaining)
    outcomes |= dict(zip((row.line for row in rows), written, strict=True))
    told = {number: _told(number, outcomes[number]) for number in sorted(outcomes)}
    failed = [number for number in told if isinstance(outcomes[number], MerxError)]
    return Written(
        first_line=lot[0].number,
        last_line=lot[-1].number,
        position=lot[-1].end,
        succeeded=len(told) - len(failed),
        failed=len(failed),
        results="".join(told.values()),
        failures="".join(told[number] for number in failed),
    )


def _told(number: int, outcome: Done | MerxError) -> str:
    """The line of the result file."""
    if isinstance(outcome, Done):
        told: dict[str, Any] = {"line": number, "ok": True, "id": outcome.id}
        return _as_line({**told, "change": outcome.change})
    problems = [dict(problem) for problem in outcome.problems[:_MOST_PROBLEMS]]
    first = problems[0] if problems else {}
    error = {
        "type": outcome.type,
        "code": outcome.code or first.get("code") or _CODES.get(outcome.type, outcome.type),
        "message": outcome.message,
        "path": first.get("path", ""),
    }
    if "conflicting_id" in first:
        error["conflicting_id"] = first["conflicting_id"]
    told = {"line": number, "ok": False, "error": error}
    return _as_line({**told, "errors": problems} if len(problems) > 1 else told)


def _as_line(told: Json) -> str:
    return orjson.dumps(told).decode() + "\n"


async def _note_fault(database: Database, job: Job, lot: Sequence[Line], error: Exception) -> None:
    """Count a server error; one that keeps recurring ends the job."""
    async with database.write() as tx:
        attempts = await count_fault(tx, job.id, position=job.position)
        if attempts >= _MOST_FAULTS:
            is_explained = isinstance(error, MerxError | asyncpg.PostgresError)
            words = str(error) if is_explained else type(error).__name__
            await end_job(tx, job.id, "failed", f"line {lot[0].number}: {words}")
