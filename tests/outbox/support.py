"""A relay for the length of a block, and waiting for what it does."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from inspect import isawaitable

from merx.core.database import Database
from merx.outbox import Event, Relay, Subscriber, emit
from merx.outbox.bell import notify


@asynccontextmanager
async def relaying(
    database: Database, *subscribers: Subscriber, attempts: int = 12
) -> AsyncGenerator[Relay]:
    relay = Relay(database, subscribers, attempts=attempts)
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        relay.stop()
        await running


class Hearing:
    """A subscriber that keeps what it heard."""

    def __init__(self, *, fails: int = 0, seconds: float = 0) -> None:
        self.events: list[Event] = []
        self._fails = fails
        self._seconds = seconds

    async def __call__(self, event: Event, _: Database) -> None:
        await asyncio.sleep(self._seconds)
        self.events.append(event)
        if len(self.events) <= self._fails:
            raise ValueError(f"failure {len(self.events)}")

    @property
    def ids(self) -> list[str]:
        return [row for event in self.events for row in event.ids]


async def happen(database: Database, name: str, *ids: str) -> None:
    """One event for each id; relays that listen know at once."""
    async with database.write() as tx:
        for each in ids:
            await emit(tx, name, [each])
        await notify(tx)


async def make_due(database: Database) -> None:
    """Let the time pass until every pending delivery may be tried again."""
    async with database.write() as tx:
        await tx.execute("UPDATE event_delivery SET due_at = now() WHERE state = 'pending'")
        await notify(tx)


async def states(database: Database) -> list[tuple[str, str, int]]:
    """Subscriber, state and attempts of each delivery."""
    async with database.read() as connection:
        rows = await connection.fetch(
            "SELECT subscriber, state, attempts FROM event_delivery ORDER BY event_id, subscriber"
        )
    return [(row["subscriber"], row["state"], row["attempts"]) for row in rows]


async def errors(database: Database) -> list[str]:
    """The last error of each delivery that has one."""
    async with database.read() as connection:
        rows = await connection.fetch(
            "SELECT last_error FROM event_delivery WHERE last_error IS NOT NULL ORDER BY event_id"
        )
    return [row["last_error"] for row in rows]


async def until(true: Callable[[], object]) -> None:
    """Wait until it is true; the test fails when that takes long."""
    async with asyncio.timeout(20):
        while True:
            found = true()
            if await found if isawaitable(found) else found:
                return
            await asyncio.sleep(0.002)


async def until_states(database: Database, *expected: tuple[str, str, int]) -> None:
    """Wait until the deliveries have come so far."""

    async def reached() -> bool:
        return await states(database) == list(expected)

    await until(reached)


async def until_error(database: Database, end: str) -> None:
    """Wait until a delivery has failed with this."""

    async def reached() -> bool:
        return any(error.endswith(end) for error in await errors(database))

    await until(reached)
