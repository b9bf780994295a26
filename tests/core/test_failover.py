"""A URL with several hosts leads to the one that takes writes, also when that changes."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from merx.core.database import Database, DatabaseAway, DatabaseBusy
from merx.core.watch import watched
from merx.outbox.bell import keep_listening
from tests.replicas import Node, replicated

pytestmark = pytest.mark.slow


@pytest.fixture
def pair() -> Iterator[tuple[Node, Node]]:
    with replicated() as nodes:
        yield nodes


def url_of(*nodes: Node) -> str:
    hosts = ",".join(node.host for node in nodes)
    return f"postgresql://merx@/merx?host={hosts}&target_session_attrs=primary"


async def seconds_until_written(database: Database) -> float:
    started = time.monotonic()
    for _ in range(300):
        try:
            async with database.write() as tx:
                await tx.execute("INSERT INTO kept VALUES (1)")
            return time.monotonic() - started
        except (DatabaseAway, DatabaseBusy):
            await asyncio.sleep(0.1)
    pytest.fail("nothing could be written for half a minute")


async def test_a_standby_is_passed_over(pair: tuple[Node, Node]) -> None:
    primary, standby = pair
    database = Database(url_of(standby, primary))
    await database.open()
    async with database.write() as tx:
        assert not await tx.fetchval("SELECT pg_is_in_recovery()")
    await database.close()


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_what_took_over_is_found(how: str, pair: tuple[Node, Node]) -> None:
    primary, standby = pair
    database = Database(url_of(primary, standby), connection_seconds=10)
    await database.open()
    async with watched(database, seconds=1):
        async with database.write() as tx:
            await tx.execute("CREATE TABLE kept (x int)")
        await asyncio.sleep(0.5)
        if how == "killed":
            primary.kill()
            standby.promote()
            took = await seconds_until_written(database)
        else:
            with primary.frozen():
                standby.promote()
                took = await seconds_until_written(database)
                started = time.monotonic()
                await database.close()
                assert time.monotonic() - started < 11
    if how == "killed":
        await database.close()

    assert took < 15


async def test_where_no_host_takes_writes_the_database_is_away(pair: tuple[Node, Node]) -> None:
    database = Database(url_of(pair[1], pair[1]))
    await database.open(connections=0)
    with pytest.raises(DatabaseAway):
        async with database.read():
            pass
    await database.close()


async def test_sessions_that_the_server_ends_are_a_database_away(pair: tuple[Node, Node]) -> None:
    database, seen = Database(pair[0].url("merx")), list[Exception]()
    await database.open()
    is_over = asyncio.Event()

    async def write() -> None:
        while not is_over.is_set():
            try:
                async with database.write() as tx:
                    await tx.execute("SELECT pg_current_xact_id()")
            except Exception as error:
                seen.append(error)

    writers = [asyncio.create_task(write()) for _ in range(6)]
    async with database.apart(5) as other:
        for _ in range(20):
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND application_name = 'merx'"
            )
            await asyncio.sleep(0.05)
    is_over.set()
    await asyncio.gather(*writers)
    await database.close()

    assert seen
    assert {type(error) for error in seen} == {DatabaseAway}


async def test_a_relay_stops_on_a_frozen_server(pair: tuple[Node, Node]) -> None:
    database, heard = Database(pair[0].url("merx"), connection_seconds=2), asyncio.Event()
    await database.open()
    async with watched(database, seconds=1):
        listening = asyncio.create_task(keep_listening(database, heard.set))
        await heard.wait()
        await asyncio.sleep(0.5)
        with pair[0].frozen():
            listening.cancel()
            done, _ = await asyncio.wait([listening], timeout=10)
        await database.close()

    assert done
