"""Jobs run when they are due, in one process at a time, and again after an error."""

import asyncio
from datetime import timedelta

import pytest

from merx.core.database import Database
from merx.outbox import Job, run_jobs
from merx.outbox.jobs import JobRun, Schedule, list_jobs, make_due
from tests.outbox.support import until

pytestmark = pytest.mark.commits

HOUR = timedelta(hours=1)


class Work:
    """A job's work: it counts its runs, and waits and fails on demand."""

    def __init__(self, *, fails: int = 0, seconds: float = 0) -> None:
        self.runs = 0
        self.ended = 0
        self._fails = fails
        self._seconds = seconds

    async def __call__(self, _: Database) -> None:
        self.runs += 1
        await asyncio.sleep(self._seconds)
        if self.runs <= self._fails:
            raise ValueError(f"failure {self.runs}")
        self.ended += 1


@pytest.fixture(autouse=True)
async def no_jobs(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute("TRUNCATE job")


async def known(database: Database) -> list[JobRun]:
    async with database.read() as connection:
        return await list_jobs(connection)


async def ended(database: Database) -> JobRun:
    """The one job, when its run has been written down."""

    async def is_ended() -> bool:
        return any(job.ended_at for job in await known(database))

    await until(is_ended)
    [job] = await known(database)
    return job


async def test_a_job_runs_at_once_and_falls_due_after_its_time(database):
    work = Work()

    async with run_jobs(database, [Job("tidy", HOUR, work)]):
        job = await ended(database)

    assert (work.runs, job.runs, job.last_error) == (1, 1, None)
    assert job.due_at - job.started_at == HOUR


async def test_a_job_that_is_due_runs_again(database):
    work = Work()

    async with run_jobs(database, [Job("tidy", timedelta(seconds=0.3), work)]):
        await until(lambda: work.ended == 3)


async def test_many_processes_run_a_job_once(database):
    work = Work(seconds=0.2)
    jobs = [Job("tidy", HOUR, work)]

    async with run_jobs(database, jobs), run_jobs(database, jobs), run_jobs(database, jobs):
        await ended(database)

    assert work.runs == 1


async def test_a_job_whose_process_died_falls_due_when_its_run_would_be_over(database):
    [(job, count)], _ = await Schedule(database, [Job("tidy", timedelta(1), Work())])._take()
    [taken] = await known(database)

    again, _ = await Schedule(database, [job])._take()

    assert (count, again, taken.ended_at) == (1, [], None)
    assert taken.due_at - taken.started_at == timedelta(1)


async def test_a_short_job_is_not_taken_twice_while_it_may_run(database):
    await Schedule(database, [Job("tidy", timedelta(seconds=1), Work(), seconds=60)])._take()

    [taken] = await known(database)

    assert taken.due_at - taken.started_at == timedelta(seconds=70)


async def test_a_failure_is_kept_until_a_run_succeeds(database):
    work = Work(fails=1)

    async with run_jobs(database, [Job("tidy", HOUR, work)]):
        first = await ended(database)
        async with database.write() as tx:
            assert await make_due(tx, "tidy")
    async with run_jobs(database, [Job("tidy", HOUR, work)]):
        await until(lambda: work.ended == 1)

        async def is_forgotten() -> bool:
            return (await known(database))[0].last_error is None

        await until(is_forgotten)

    assert first.last_error is not None
    assert first.last_error.splitlines()[-1] == "ValueError: failure 1"


async def test_a_job_that_takes_too_long_is_stopped(database):
    work = Work(seconds=60)

    async with run_jobs(database, [Job("tidy", HOUR, work, seconds=0.05)]):
        job = await ended(database)

    assert (work.runs, work.ended) == (1, 0)
    assert "TimeoutError" in job.last_error


async def test_a_job_does_not_hold_up_another(database):
    slow, quick = Work(seconds=60), Work()

    async with run_jobs(database, [Job("slow", HOUR, slow), Job("quick", HOUR, quick)]):
        await until(lambda: quick.ended == 1 and slow.runs == 1)


async def test_two_jobs_of_one_name_are_refused(database):
    with pytest.raises(ValueError, match="same name"):
        Schedule(database, [Job("tidy", HOUR, Work()), Job("tidy", HOUR, Work())])


async def test_nobody_knows_another_job(database):
    async with database.write() as tx:
        assert not await make_due(tx, "tidy")
