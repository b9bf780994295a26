"""Periodic jobs, each run by one process at a time: one row per job, no queue.

A process that takes a job moves its `due_at` past the time the run may need, as a relay does with a
delivery. Two processes therefore never run it at once, and if one dies, the job becomes due again
by itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from merx.core.acting import changing
from merx.core.database import Database, Transaction
from merx.core.tracing import span
from merx.outbox.delivery import SPARE_SECONDS
from merx.outbox.retry import describe

# Poll at least this often for new jobs and for those taken by other processes.
POLL_SECONDS = 30.0
# While the database is down, so that work resumes soon after it is back.
_AWAY_SECONDS = 2.0
_LEAST_SECONDS = 0.2

_log = structlog.get_logger()

_REGISTER = "INSERT INTO job (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"

# Skip rows locked by another process: it is taking the job.
_TAKE = """
UPDATE job SET started_at = now(), runs = job.runs + 1,
  due_at = now() + make_interval(secs => given.seconds)
FROM unnest($1::text[], $2::float8[]) AS given (name, seconds)
WHERE job.name = given.name
  AND job.name = ANY (ARRAY(
    SELECT due.name FROM job due WHERE due.name = ANY ($1::text[]) AND due.due_at <= now()
    FOR UPDATE SKIP LOCKED))
RETURNING job.name, job.runs"""

# A run that took too long finds another run count and changes nothing.
_SETTLE = """
UPDATE job SET ended_at = now(), last_error = $3,
  due_at = greatest(now(), started_at + make_interval(secs => $4))
WHERE name = $1 AND runs = $2"""

_NEXT = "SELECT extract(epoch FROM min(due_at) - now())::float8 FROM job WHERE name = ANY ($1)"

_LIST = "SELECT name, due_at, started_at, ended_at, runs, last_error FROM job ORDER BY name"

_MAKE_DUE = "UPDATE job SET due_at = now() WHERE name = $1"


@dataclass(frozen=True, slots=True)
class Job:
    """Periodic work, identified by a name that never changes.

    `run` is cancelled after `seconds`. It must be idempotent, since a process may die half-way. An
    error is stored and logged; the job runs again when it is next due.
    """

    name: str
    every: timedelta
    run: Callable[[Database], Awaitable[None]]
    seconds: float = 300


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job as operators see it."""

    name: str
    due_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    runs: int
    last_error: str | None


async def list_jobs(connection: Transaction) -> list[JobRun]:
    """Every job that any process has registered, by name."""
    return [JobRun(*row.values()) for row in await connection.fetch(_LIST)]


async def make_due(tx: Transaction, name: str) -> bool:
    """Make a job due now; False if no process has registered it."""
    return await tx.execute(_MAKE_DUE, name) == "UPDATE 1"


@dataclass(slots=True)
class Schedule:
    """Runs jobs as they become due until stopped; survives errors of jobs and of the database."""

    database: Database
    jobs: Sequence[Job]
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _is_stopped: bool = False

    def __post_init__(self) -> None:
        if len({job.name for job in self.jobs}) < len(self.jobs):
            raise ValueError("Two jobs have the same name")

    def stop(self) -> None:
        """Start no more runs; `run` returns when the current ones have been cancelled."""
        self._is_stopped = True
        self._woken.set()

    async def run(self) -> None:
        """Run what is due, sleep until something is due, and repeat."""
        if not self.jobs:
            return
        async with asyncio.TaskGroup() as group:
            running = set[asyncio.Task[None]]()
            while not self._is_stopped:
                self._woken.clear()
                taken, pause = await self._take()
                for job, count in taken:
                    task = group.create_task(self._do(job, count))
                    running.add(task)
                    task.add_done_callback(running.discard)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), pause)
            for task in running:
                task.cancel()

    async def _take(self) -> tuple[list[tuple[Job, int]], float]:
        """The jobs this process has taken, with their run counts, and the seconds until the next
        may be due.
        """
        known = {job.name: job for job in self.jobs}
        times = [max(job.every.total_seconds(), job.seconds + SPARE_SECONDS) for job in self.jobs]
        try:
            async with self.database.write() as tx:
                await tx.execute(_REGISTER, list(known))
                rows = await tx.fetch(_TAKE, list(known), times)
                wait: float = await tx.fetchval(_NEXT, list(known))
        except Exception as error:
            # The database is away or not migrated yet; a later round will see.
            _log.warning("jobs_cannot_run", error=repr(error))
            return [], _AWAY_SECONDS
        taken = [(known[row["name"]], row["runs"]) for row in rows]
        return taken, min(max(wait, _LEAST_SECONDS), POLL_SECONDS)

    async def _do(self, job: Job, count: int) -> None:
        changing.set(f"job {job.name}")
        error = None
        try:
            with span(f"job {job.name}"):
                async with asyncio.timeout(job.seconds):
                    await job.run(self.database)
        except Exception as failure:
            error = describe(failure)
            _log.error("job_failed", job=job.name, error=error.splitlines()[-1] if error else "")
        try:
            async with self.database.write() as tx:
                await tx.execute(_SETTLE, job.name, count, error, job.every.total_seconds())
        except Exception as failure:
            # It becomes due again by itself.
            _log.warning("job_not_settled", job=job.name, error=repr(failure))
        self._woken.set()


@asynccontextmanager
async def run_jobs(
    database: Database, jobs: Sequence[Job], *, here: bool = True
) -> AsyncGenerator[None]:
    """Run jobs while the block runs; with `here` false, other processes do."""
    schedule = Schedule(database, jobs if here else ())
    running = asyncio.create_task(schedule.run())
    try:
        yield
    finally:
        schedule.stop()
        await running
