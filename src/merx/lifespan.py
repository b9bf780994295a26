"""What runs as long as the application does."""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)

import asyncpg
import structlog
from fastapi import FastAPI

from merx.core.database import Database, DatabaseAway, DatabaseBusy
from merx.core.hooks import in_force
from merx.core.memory import spare_garbage_collection
from merx.core.standbys import Standbys
from merx.core.tracing import stop_tracing
from merx.core.watch import watched
from merx.extension import Extension, Services, join_jobs, join_subscribers
from merx.outbox import Job, Subscriber, relay_events, run_jobs
from merx.settings import Settings
from merx.web.draining import draining

_log = structlog.get_logger()
# Seconds; longer than a failover takes.
_PATIENCE = 120
_NOT_OPENED = OSError, asyncpg.PostgresError, asyncpg.InterfaceError
_LOST = DatabaseAway, DatabaseBusy


def lifespan(
    parts: Sequence[Extension], services: Services
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Everything that runs while the app does: its pool, the relay, its jobs and the watch."""
    settings = services.settings
    subscribers = join_subscribers(parts, services)
    jobs = join_jobs(parts, services)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncGenerator[None]:
        database: Database = app.state.database
        # For subscribers and jobs; a request sets its own.
        in_force.set(app.state.hooks)
        try:
            await _prepare(database, parts, services)
            async with _at_work(app, database, settings, subscribers, jobs):
                yield
        finally:
            await database.close()
            stop_tracing()

    return running


async def _prepare(database: Database, parts: Sequence[Extension], services: Services) -> None:
    """Open the database and write what must exist before the first request."""
    patience = _PATIENCE if services.settings.workers > 1 else 0

    async def write() -> None:
        async with database.write() as tx:
            for part in parts:
                await part.prepare(tx, services)

    with _ended_by_sigterm() if patience else nullcontext():
        await _patiently(database.open, _NOT_OPENED, patience)
        await _patiently(write, _LOST, patience)


@asynccontextmanager
async def _at_work(
    app: FastAPI,
    database: Database,
    settings: Settings,
    subscribers: Sequence[Subscriber],
    jobs: Sequence[Job],
) -> AsyncGenerator[None]:
    """Deliver events, run jobs and watch over the database while requests are served."""
    delivering = relay_events(
        database,
        subscribers,
        here=settings.relay,
        attempts=settings.event_attempts,
        days=settings.event_days,
    )
    working = run_jobs(database, jobs, here=settings.relay)
    standbys: Standbys | None = app.state.standbys
    reading = nullcontext() if standbys is None else standbys.running()
    async with watched(database), reading, delivering as wake, working:
        # For writes that are not urgent: relays find their events by polling.
        hurried = any(not one.can_wait for one in subscribers)
        app.state.wake_relay = wake if hurried or not settings.relay else _rest
        spare_garbage_collection()
        with draining(app, settings.drain_seconds):
            yield


async def _patiently(
    step: Callable[[], Awaitable[None]], away: tuple[type[Exception], ...], patience: float
) -> None:
    """Take a step of the start, again for so many seconds while it says that the database is away.

    One of several workers that starts anew while the database is away must not give up at once: the
    supervisor would take it for a fault of the program and stop the others too.
    """
    started = time.monotonic()
    while True:
        try:
            await step()
            return
        except away as error:
            if time.monotonic() - started >= patience:
                raise
            _log.warning("the database is away; trying again", error=repr(error))
            await asyncio.sleep(1)


@contextmanager
def _ended_by_sigterm() -> Generator[None]:
    """Let SIGTERM end the process at once; uvicorn's handler is not heeded until the app runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    then = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, then)


def _rest() -> None:
    pass
