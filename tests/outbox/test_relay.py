"""Events reach every subscriber, at least once, soon, and by one relay at a time."""

import asyncio
import time

import pytest

from merx.core.database import Database
from merx.outbox import Relay, Subscriber, emit, relay_events
from tests.outbox.support import Hearing, happen, relaying, states, until, until_states

pytestmark = pytest.mark.commits


async def test_subscribers_hear_the_events_they_name(database):
    products, everything, nothing = Hearing(), Hearing(), Hearing()

    async with relaying(
        database,
        Subscriber("products", ("product.created", "product.deleted"), products),
        Subscriber("everything", ("*", "product.created"), everything),
        Subscriber("nothing", ("order.created",), nothing),
    ):
        await happen(database, "product.created", "prod_1")
        await happen(database, "product.updated", "prod_1")
        await until(lambda: len(everything.events) == 2)

    assert [event.name for event in products.events] == ["product.created"]
    assert products.events[0].ids == ["prod_1"]
    assert products.events[0].id.startswith("evt_")
    assert products.events[0].created_at.tzinfo is not None
    assert {event.name for event in everything.events} == {"product.created", "product.updated"}
    assert nothing.events == []


async def test_uncommitted_events_are_not_delivered(database):
    hearing = Hearing()

    async with relaying(database, Subscriber("a", ("*",), hearing)) as relay:
        async with database.write() as tx:
            await emit(tx, "product.created", ["prod_1"])
            relay.wake()
            await asyncio.sleep(0.1)
            assert hearing.events == []
        relay.wake()
        await until(lambda: hearing.events)


async def test_relay_of_this_process_is_awake_within_100_ms_of_a_commit(database, seldom_polling):
    hearing = Hearing()

    async with relay_events(database, [Subscriber("a", ("*",), hearing)]) as wake:
        fastest = min([await _seconds_until_heard(database, hearing, wake) for _ in range(5)])

    assert fastest < 0.1


async def test_relay_of_another_process_is_awake_within_100_ms_of_a_commit(
    database, seldom_polling
):
    hearing = Hearing()

    async with (
        relaying(database, Subscriber("a", ("*",), hearing)),
        relay_events(database, [], here=False) as ring,
    ):
        await until(lambda: _is_listening(database))
        fastest = min([await _seconds_until_heard(database, hearing, ring) for _ in range(5)])

    assert fastest < 0.1


async def test_relay_finds_events_that_nobody_woke_it_for(database):
    hearing = Hearing()

    async with relaying(database, Subscriber("a", ("*",), hearing)):
        await happen(database, "product.created", "prod_1")
        await until(lambda: "prod_1" in hearing.ids)
        await _happen_silently(database, "prod_2")
        await until(lambda: "prod_2" in hearing.ids)


async def test_relay_works_with_the_connection_it_needs_for_work_alone(database, database_url):
    hearing = Hearing()
    single = Database(database_url, pool_size=1)
    await single.open()

    async with relaying(single, Subscriber("a", ("*",), hearing)) as relay:
        await happen(database, "product.created", "prod_1")
        relay.wake()
        await until(lambda: hearing.events)

    await single.close()


async def test_two_relays_never_handle_one_delivery_at_the_same_time(database, database_url):
    underway: set[str] = set()
    handled: dict[int, list[str]] = {1: [], 2: []}

    def subscriber(number: int) -> Subscriber:
        async def handle(event, _):
            assert event.id not in underway
            underway.add(event.id)
            await asyncio.sleep(0.002)
            underway.remove(event.id)
            handled[number].append(event.id)

        return Subscriber("a", ("*",), handle)

    second = Database(database_url)
    await second.open()
    await happen(database, "product.created", *(f"prod_{number}" for number in range(300)))
    async with relaying(database, subscriber(1)), relaying(second, subscriber(2)):
        await until(lambda: len(handled[1]) + len(handled[2]) >= 300)
    await second.close()

    assert len({*handled[1], *handled[2]}) == 300
    assert len(handled[1]) + len(handled[2]) == 300
    assert handled[1]
    assert handled[2]
    assert set(await states(database)) == {("a", "done", 1)}


async def test_slow_subscriber_does_not_hold_up_another(database, monkeypatch):
    monkeypatch.setattr("merx.outbox.relay.GRACE_SECONDS", 0.05)
    never, quick = Hearing(seconds=3600), Hearing()
    ids = [f"prod_{number}" for number in range(50)]

    async with relaying(
        database, Subscriber("never", ("*",), never), Subscriber("quick", ("*",), quick)
    ):
        await happen(database, "product.created", *ids)
        await until(lambda: sorted(quick.ids) == sorted(ids))


async def test_handlers_under_way_end_before_the_relay(database):
    hearing = Hearing(seconds=0.2)

    async with relaying(database, Subscriber("a", ("*",), hearing)):
        await happen(database, "product.created", "prod_1")
        await until_states(database, ("a", "pending", 1))

    assert hearing.ids == ["prod_1"]
    assert await states(database) == [("a", "done", 1)]


async def test_what_a_stopped_relay_leaves_is_due_at_once(database, monkeypatch):
    monkeypatch.setattr("merx.outbox.relay.GRACE_SECONDS", 0.05)
    hearing = Hearing()

    async with relaying(database, Subscriber("a", ("*",), Hearing(seconds=3600))):
        await happen(database, "product.created", "prod_1")
        await until_states(database, ("a", "pending", 1))
    async with relaying(database, Subscriber("a", ("*",), hearing)):
        await until(lambda: hearing.events)


async def test_relay_outlives_lost_connections(database, database_url, monkeypatch):
    monkeypatch.setattr("merx.outbox.bell.AGAIN_SECONDS", 0.01)
    hearing = Hearing()
    own = Database(database_url)
    await own.open()

    async with relaying(own, Subscriber("a", ("*",), hearing)):
        await until(lambda: _is_listening(database))
        await _end_other_connections(database)
        # It works again, and it listens again.
        await _happen_silently(database, "prod_1")
        await until(lambda: "prod_1" in hearing.ids)
        await until(lambda: _is_listening(database))

    await own.close()


async def test_names_of_subscribers_are_unique(database):
    twice = Subscriber("a", ("*",), Hearing())

    with pytest.raises(ValueError, match="same name"):
        Relay(database, [twice, twice])


async def test_deliveries_beyond_the_slots_wait_for_a_slot_only(database, seldom_polling):
    hearing = Hearing()
    await happen(database, "product.created", *(f"prod_{number}" for number in range(600)))

    async with relaying(database, Subscriber("a", ("*",), hearing)):
        await until(lambda: len(hearing.events) == 600)


@pytest.fixture
def seldom_polling(monkeypatch):
    """Polling comes too late to help."""
    monkeypatch.setattr("merx.outbox.relay.POLL_SECONDS", 60)


async def _happen_silently(database, row):
    async with database.write() as tx:
        await emit(tx, "product.created", [row])


async def _seconds_until_heard(database, hearing, wake):
    row = f"prod_{len(hearing.ids)}"
    await _happen_silently(database, row)
    began = time.monotonic()
    wake()
    await until(lambda: row in hearing.ids)
    return time.monotonic() - began


async def _end_other_connections(database):
    async with database.read() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def _is_listening(database):
    async with database.read() as connection:
        return await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'idle' AND query LIKE 'LISTEN%')"
        )
