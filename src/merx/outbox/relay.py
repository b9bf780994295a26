"""Delivers events to subscribers, at least once each; any number of relays share the work."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from random import uniform

import structlog

from merx.core.acting import changing
from merx.core.database import Database
from merx.core.tracing import span
from merx.outbox import delivery
from merx.outbox.bell import COALESCE_SECONDS, Bell, keep_listening
from merx.outbox.delivery import Claim, Outcome
from merx.outbox.retry import describe, retry_delay
from merx.outbox.subscriber import Subscriber

POLL_SECONDS = 1.0
PAUSE_SECONDS = 30.0
PRUNE_SECONDS = 3600.0
GRACE_SECONDS = 5.0

log = structlog.get_logger()


class Relay:
    """Delivers events until stopped; survives errors of subscribers and of the database."""

    def __init__(
        self,
        database: Database,
        subscribers: Sequence[Subscriber],
        *,
        attempts: int = 12,
        days: float = 7,
    ) -> None:
        self._database = database
        self._subscribers = {subscriber.name: subscriber for subscriber in subscribers}
        if len(self._subscribers) < len(subscribers):
            raise ValueError("Two subscribers have the same name")
        self._attempts = attempts
        self._days = days
        self._busy: Counter[str] = Counter()
        self._waiting: set[str] = set()
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self._woken = asyncio.Event()
        self._hurried = False
        self._stopped = asyncio.Event()

    def wake(self) -> None:
        """Look for events soon; called after each commit, and does no I/O."""
        self._woken.set()

    def stop(self) -> None:
        """Claim no more deliveries; `run` returns when those in progress have ended."""
        self._stopped.set()
        self._hurried = True
        self._woken.set()

    async def run(self) -> None:
        """Deliver until `stop`; running handlers then get a few seconds, and the rest is retried
        later.
        """
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(keep_listening(self._database, self.wake)),
                group.create_task(self._settle_outcomes()),
                group.create_task(self._prune()),
            ]
            handlers: set[asyncio.Task[None]] = set()
            await self._deliver(group, handlers)
            if handlers:
                await asyncio.wait(handlers, timeout=GRACE_SECONDS)
            for task in handlers:
                task.cancel()
            await asyncio.gather(*handlers, return_exceptions=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_SECONDS):
                    await self._outcomes.join()
            for task in helpers:
                task.cancel()

    async def _deliver(self, group: asyncio.TaskGroup, handlers: set[asyncio.Task[None]]) -> None:
        pause = POLL_SECONDS
        while not self._stopped.is_set():
            try:
                claims, more = await self._take()
            except Exception as error:
                # The database is away or not migrated yet; a later round will see.
                log.warning("relay_cannot_work", error=repr(error), seconds=pause)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), pause)
                pause = min(pause * 2, PAUSE_SECONDS)
                continue
            pause = POLL_SECONDS
            for each in claims:
                task = group.create_task(self._handle(self._subscribers[each.subscriber], each))
                handlers.add(task)
                task.add_done_callback(handlers.discard)
            if not more:
                await self._rest()

    async def _take(self) -> tuple[list[Claim], bool]:
        """Claim deliveries for the free slots; True if there may be more events to fan out."""
        subscribers = list(self._subscribers.values())
        slots = {each.name: each.at_once - self._busy[each.name] for each in subscribers}
        async with self._database.read() as connection:
            more = await delivery.fan_out(connection, subscribers)
            claims = await delivery.claim(connection, subscribers, slots)
        taken = Counter(each.subscriber for each in claims)
        self._busy.update(taken)
        # A subscriber that got all it asked for may have more due; continue as soon as a slot is
        # free.
        self._waiting = {name for name in slots if taken[name] == slots[name]}
        free = any(self._busy[name] < self._subscribers[name].at_once for name in self._waiting)
        return claims, more or free

    async def _rest(self) -> None:
        """Wait to be woken, with a time-out; a burst of commits wakes once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
                if not self._hurried:
                    await asyncio.sleep(COALESCE_SECONDS)
        self._woken.clear()
        self._hurried = False

    async def _handle(self, subscriber: Subscriber, claim: Claim) -> None:
        outcome = Outcome(claim, "pending")
        try:
            outcome = await self._try(subscriber, claim)
        finally:
            # Also when cancelled, so that the next relay can claim it at once.
            self._outcomes.put_nowait(outcome)
            self._busy[subscriber.name] -= 1
            if subscriber.name in self._waiting:
                self._hurried = True
                self._woken.set()

    async def _try(self, subscriber: Subscriber, claim: Claim) -> Outcome:
        if claim.attempt > self._attempts:
            # Attempts are counted when they start: the earlier ones killed their processes.
            return self._fail(
                claim, "The process ended while the subscriber was handling the event"
            )
        limit = asyncio.timeout(subscriber.seconds)
        changing.set(f"subscriber {subscriber.name}")
        try:
            told = {"event_id": claim.event.id, "event_subscriber": subscriber.name}
            with span(f"event {claim.event.name}", parent=claim.event.trace_parent, **told):
                async with limit:
                    await subscriber.handle(claim.event, self._database)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # A task that the subscriber awaited was cancelled, not this one.
            return self._fail(claim, describe(error))
        except TimeoutError as error:
            late = f"Not done within {subscriber.seconds} seconds" if limit.expired() else None
            return self._fail(claim, late or describe(error))
        except Exception as error:
            return self._fail(claim, describe(error))
        return Outcome(claim, "done")

    def _fail(self, claim: Claim, error: str) -> Outcome:
        is_last = claim.attempt >= self._attempts
        delay = 0 if is_last else retry_delay(claim.attempt)
        log.log(
            logging.ERROR if is_last else logging.WARNING,
            "event_failed" if is_last else "event_retried",
            subscriber=claim.subscriber,
            event_id=claim.event.id,
            event_name=claim.event.name,
            attempt=claim.attempt,
            seconds=delay,
            error=error.splitlines()[-1] if error else "",
        )
        return Outcome(claim, "failed" if is_last else "pending", delay, error)

    async def _settle_outcomes(self) -> None:
        """Write outcomes as they come; those arriving while a statement runs share the next one."""
        while True:
            outcomes = [await self._outcomes.get()]
            while not self._outcomes.empty():
                outcomes.append(self._outcomes.get_nowait())
            pause = POLL_SECONDS
            while not await self._settled(outcomes):
                await asyncio.sleep(pause)
                pause = min(pause * 2, PAUSE_SECONDS)
            for _ in outcomes:
                self._outcomes.task_done()

    async def _settled(self, outcomes: Sequence[Outcome]) -> bool:
        try:
            async with self._database.read() as connection:
                await delivery.settle(connection, outcomes)
        except Exception as error:
            log.warning("relay_cannot_settle", error=repr(error), deliveries=len(outcomes))
            return False
        return True

    async def _prune(self) -> None:
        pause = uniform(0, 60)
        while True:
            await asyncio.sleep(pause)
            more = False
            try:
                async with self._database.read() as connection:
                    more = await delivery.prune(connection, days=self._days)
            except Exception as error:
                log.warning("relay_cannot_prune", error=repr(error))
            pause = 0.1 if more else PRUNE_SECONDS


@asynccontextmanager
async def relay_events(
    database: Database,
    subscribers: Sequence[Subscriber],
    *,
    here: bool = True,
    attempts: int = 12,
    days: float = 7,
) -> AsyncGenerator[Callable[[], None]]:
    """Deliver events while the block runs; yields the function to call after each commit.

    With `here` false, other processes deliver (`merx events run`) and are woken.
    """
    if not here:
        bell = Bell(database)
        yield bell.ring
        await bell.rest()
        return
    relay = Relay(database, subscribers, attempts=attempts, days=days)
    running = asyncio.create_task(relay.run())
    try:
        yield relay.wake
    finally:
        relay.stop()
        await running
