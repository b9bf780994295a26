"""Bulk jobs: requested, continued, canceled, ended, deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from merx.batch import insert_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import NotAllowed, NotFound
from merx.core.ids import new_id
from merx.modules.bulk.models import BulkJob
from merx.outbox import emit

_COLUMNS = "id, state, file_key, size, position, lines, done, attempts, created_by"

_NEXT = f"""
SELECT {_COLUMNS} FROM bulk_job
WHERE ended_at IS NULL AND file_key IS NOT NULL ORDER BY created_at, id LIMIT 1"""

_BEGUN = f"""
SELECT {_COLUMNS} FROM bulk_job WHERE digest = $1 AND ended_at IS NULL
ORDER BY created_at DESC LIMIT 1"""

_HOLD = """
UPDATE bulk_job SET state = 'running', started_at = coalesce(started_at, now()), updated_at = now()
WHERE id = $1 AND position = $2 AND ended_at IS NULL RETURNING id"""

_ADVANCE = """
WITH moved AS (
  UPDATE bulk_job SET position = $3, done = $4, succeeded = succeeded + $5, failed = failed + $6,
    attempts = 0, updated_at = now()
  WHERE id = $1)
INSERT INTO bulk_result (job_id, first_line, results, failures) VALUES ($1, $2, $7, $8)"""

_END = """
UPDATE bulk_job SET state = $2, error = $3, ended_at = now(), updated_at = now()
WHERE id = $1 AND ended_at IS NULL RETURNING id"""

_FORGET = """
DELETE FROM bulk_job WHERE id = ANY (ARRAY(
  SELECT id FROM bulk_job WHERE ended_at < now() - make_interval(secs => $1)
  ORDER BY ended_at LIMIT 20 FOR UPDATE SKIP LOCKED))
RETURNING id"""


_EVENTS = {
    "done": "bulk-job.completed",
    "canceled": "bulk-job.canceled",
    "failed": "bulk-job.failed",
}


@dataclass(frozen=True, slots=True)
class Job:
    """An unfinished job, and its progress."""

    id: str
    state: str
    file_key: str | None
    size: int
    position: int
    lines: int
    done: int
    attempts: int
    created_by: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """The results of some lines: how many were written, and a line of JSON for each."""

    first_line: int
    last_line: int
    position: int
    succeeded: int
    failed: int
    results: str
    failures: str


async def request_job(
    tx: Transaction,
    *,
    size: int,
    lines: int,
    file_key: str | None = None,
    file_name: str | None = None,
    digest: str | None = None,
) -> str:
    """Store a file to be written in the background, or by a command; returns the id of its job."""
    job_id = new_id("bulk")
    row: dict[str, Any] = {
        "id": job_id,
        "file_key": file_key,
        "file_name": file_name,
        "digest": digest,
        "size": size,
        "lines": lines,
        "created_by": acting.get(),
    }
    await insert_rows(tx, BulkJob.__table__, [row])
    await emit(tx, "bulk-job.created", [job_id])
    return job_id


async def next_job(tx: Transaction) -> Job | None:
    """The oldest unfinished job: one is written at a time."""
    record = await tx.fetchrow(_NEXT)
    return Job(*record) if record else None


async def find_begun(tx: Transaction, digest: str) -> Job | None:
    """A command's interrupted job for the same file."""
    record = await tx.fetchrow(_BEGUN, digest)
    return Job(*record) if record else None


async def hold_job(tx: Transaction, job_id: str, *, position: int) -> bool:
    """Lock a job while lines after the position are written.

    False if it was canceled, or another process has continued it.
    """
    return await tx.fetchval(_HOLD, job_id, position) is not None


async def advance_job(tx: Transaction, job_id: str, written: Written) -> None:
    """Record the progress, in the transaction that writes the lines."""
    await tx.execute(
        _ADVANCE,
        job_id,
        written.first_line,
        written.position,
        written.last_line,
        written.succeeded,
        written.failed,
        written.results,
        written.failures,
    )


async def end_job(tx: Transaction, job_id: str, state: str, error: str | None = None) -> None:
    """Record how a job ended; one that has already ended is left unchanged."""
    if await tx.fetchval(_END, job_id, state, error) is not None:
        await emit(tx, _EVENTS[state], [job_id])


async def count_fault(tx: Transaction, job_id: str, *, position: int) -> int:
    """Record that the lines after the position could not be tried; returns how often so far."""
    attempts = await tx.fetchval(
        "UPDATE bulk_job SET attempts = attempts + 1 WHERE id = $1 AND position = $2"
        " RETURNING attempts",
        job_id,
        position,
    )
    return attempts or 0


async def cancel_job(tx: Transaction, job_id: str) -> None:
    """Cancel a job; what is written stays.

    Waits for the lines that are being written. NotFound for an unknown one, NotAllowed for one that
    has already ended.
    """
    state = await tx.fetchval("SELECT state FROM bulk_job WHERE id = $1 FOR UPDATE", job_id)
    if state is None:
        raise NotFound(f"Bulk job with id: {job_id} was not found")
    if state in ("done", "failed"):
        raise NotAllowed(f"Bulk job with id: {job_id} is {state}")
    await end_job(tx, job_id, "canceled")


async def keys_of_ended(tx: Transaction) -> Sequence[tuple[str, str]]:
    """The ended jobs and the keys of their files, which are no longer needed."""
    records = await tx.fetch(
        "SELECT id, file_key FROM bulk_job WHERE ended_at IS NOT NULL AND file_key IS NOT NULL"
        " ORDER BY id LIMIT 100"
    )
    return [(record["id"], record["file_key"]) for record in records]


async def forget_keys(tx: Transaction, ids: Sequence[str]) -> None:
    """Record that the files of jobs are deleted."""
    await tx.execute("UPDATE bulk_job SET file_key = NULL WHERE id = ANY($1::text[])", list(ids))


async def forget_jobs(tx: Transaction, *, days: float) -> int:
    """Delete some jobs that ended long ago, with their results; returns how many."""
    return len(await tx.fetch(_FORGET, days * 86_400))
