"""Writes bulk jobs, one after the other, and forgets what is left of old ones."""

import time
from collections.abc import AsyncIterator

from merx.core.database import Database
from merx.modules.bulk.jobs import (
    Job,
    end_job,
    forget_jobs,
    forget_keys,
    keys_of_ended,
    next_job,
)
from merx.providers.file import FileProvider, OutOfRange, Piece
from merx.web.error_answers import from_database
from merx.web.validation import validated
from merx.workflows.bulk.running import run_job
from merx.workflows.bulk.writing import Explaining

EXPLAINING = Explaining(validated, from_database)
# A process works this long, then any free one continues. A dead one is replaced after `SECONDS`.
_SLICE_SECONDS = 10
SECONDS = 40


async def run_bulk_jobs(database: Database, files: FileProvider) -> None:
    """Write what waits, for a while."""
    ends = time.monotonic() + _SLICE_SECONDS
    has_run = False
    while (left := ends - time.monotonic()) > 0:
        async with database.read() as tx:
            job = await next_job(tx)
        if job is None:
            break
        has_run = True
        await _run(database, files, job, left)
    if has_run:
        await forget_files(database, files)


async def _run(database: Database, files: FileProvider, job: Job, seconds: float) -> None:
    if not await files.has(job.file_key or ""):
        async with database.write() as tx:
            await end_job(tx, job.id, "failed", "The file of the job is gone")
        return

    def opened(position: int) -> AsyncIterator[bytes]:
        return _bytes(files, job.file_key or "", position)

    await run_job(database, job, opened, EXPLAINING, seconds=seconds)


async def _bytes(files: FileProvider, key: str, position: int) -> AsyncIterator[bytes]:
    """The bytes of a file from a position on; none behind its end."""
    try:
        kept = await files.read(key, Piece(first=position))
    except OutOfRange:
        return
    if kept is not None:
        async for chunk in kept.chunks:
            yield chunk


async def forget_files(database: Database, files: FileProvider) -> None:
    """Delete the files of jobs that have ended."""
    async with database.read() as tx:
        ended = await keys_of_ended(tx)
    if not ended:
        return
    for _, key in ended:
        await files.delete(key)
    async with database.write() as tx:
        await forget_keys(tx, [job_id for job_id, _ in ended])


async def tidy_bulk_jobs(database: Database, files: FileProvider, *, days: float) -> None:
    """Delete files that are no longer needed, and jobs that ended long ago."""
    await forget_files(database, files)
    removed = 1
    while removed:
        async with database.write() as tx:
            removed = await forget_jobs(tx, days=days)
