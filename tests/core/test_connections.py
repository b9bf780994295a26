"""Connections that come back whole are handed out again without asyncpg's pool."""

import asyncio
from contextlib import suppress

import pytest

from merx.core.database import Database, DatabaseBusy

pytestmark = pytest.mark.commits


@pytest.fixture
async def two(clone_url: str) -> Database:
    """A database with two connections, used by this test only."""
    database = Database(clone_url, pool_size=2, connection_seconds=1)
    await database.open()
    return database


async def test_the_next_one_gets_the_same_connection(two: Database) -> None:
    async with two.read() as first:
        pid = first.get_server_pid()
    async with two.read() as second:
        assert second.get_server_pid() == pid
        assert two.connections.count() == (1, 0)
    assert two.connections.count() == (1, 1)
    await two.close()


async def test_who_waits_gets_the_first_that_comes_back(two: Database) -> None:
    order: list[int] = []

    async def hold(number: int) -> None:
        async with two.read() as tx:
            await tx.execute("SELECT pg_sleep(0.02)")
            order.append(number)

    await asyncio.gather(*(hold(number) for number in range(20)))

    assert sorted(order) == list(range(20))
    assert two.connections.count() == (2, 2)
    await two.close()


async def test_nobody_waits_longer_than_the_setting_says(two: Database) -> None:
    async with two.read(), two.read():
        with pytest.raises(DatabaseBusy):
            async with two.read():
                pass
    async with two.read() as tx:
        assert await tx.fetchval("SELECT 1") == 1
    await two.close()


async def test_a_connection_that_is_gone_is_not_handed_out(two: Database) -> None:
    async with two.read() as tx:
        pid = tx.get_server_pid()
    async with two.read() as tx, two.read() as other:
        gone = next(one for one in (tx, other) if one.get_server_pid() == pid)
        killer = other if gone is tx else tx
        # The connection is idle when the server ends it.
        await killer.execute("SELECT pg_terminate_backend($1)", pid)
        await asyncio.sleep(0.1)
    async with two.read() as tx, two.read() as other:
        assert pid not in (tx.get_server_pid(), other.get_server_pid())
    await two.close()


async def test_what_is_left_of_a_failure_is_not_kept(two: Database) -> None:
    """A statement that was cut short, and a transaction that was left open."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.05), two.read() as tx:
            await tx.execute("SELECT pg_sleep(10)")
    async with two.read() as tx:
        await tx.execute("BEGIN")
    async with two.read() as tx, two.read() as other:
        assert not tx.is_in_transaction()
        assert not other.is_in_transaction()
        assert await tx.fetchval("SELECT 1") == 1
        assert await other.fetchval("SELECT 1") == 1
    await two.close()


async def test_closing_waits_for_those_in_use(two: Database) -> None:
    async with two.read() as tx:
        closing = asyncio.create_task(two.close())
        await asyncio.sleep(0.05)
        assert not closing.done()
        assert await tx.fetchval("SELECT 1") == 1
    await closing
