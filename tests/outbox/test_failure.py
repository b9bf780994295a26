"""A relay whose subscribers fail, or that dies itself."""

import asyncio
import signal
from datetime import timedelta

import pytest

from merx.outbox import Subscriber
from merx.outbox.deliveries import list_deliveries, replay, replay_failed
from merx.outbox.delivery import Outcome, claim, fan_out, settle
from tests.outbox.support import (
    Hearing,
    errors,
    happen,
    make_due,
    relaying,
    states,
    until,
    until_error,
    until_states,
)
from tests.processes import Forked

pytestmark = pytest.mark.commits


async def test_failed_delivery_waits_and_comes_again(database):
    hearing = Hearing(fails=2)

    async with relaying(database, Subscriber("a", ("*",), hearing)):
        await happen(database, "product.created", "prod_1")
        await until_error(database, "ValueError: failure 1")
        async with database.read() as connection:
            wait = await connection.fetchval("SELECT due_at - now() FROM event_delivery")
        assert timedelta() < wait <= timedelta(seconds=1)
        assert await states(database) == [("a", "pending", 1)]
        await make_due(database)
        await until_error(database, "ValueError: failure 2")
        await make_due(database)
        await until_states(database, ("a", "done", 3))

    assert hearing.ids == ["prod_1"] * 3
    assert len({event.id for event in hearing.events}) == 1
    assert await errors(database) == []


async def test_delivery_that_always_fails_is_kept_with_its_error_and_can_be_replayed(database):
    hearing = Hearing(fails=2)

    async with relaying(database, Subscriber("a", ("*",), hearing), attempts=2):
        await happen(database, "product.created", "prod_1")
        await until_error(database, "ValueError: failure 1")
        await make_due(database)
        await until_states(database, ("a", "failed", 2))
        await make_due(database)
        await asyncio.sleep(0.1)
        assert len(hearing.events) == 2
        async with database.write() as tx:
            (dead,) = await list_deliveries(tx, state="failed")
            assert (dead.name, dead.count, dead.subscriber) == ("product.created", 1, "a")
            assert dead.last_error.endswith("ValueError: failure 2")
            assert await replay(tx, ["evt_unknown"]) == 0
            assert await replay(tx, [dead.event_id]) == 1
        # The replay has woken the relay.
        await until_states(database, ("a", "done", 1))

    async with database.read() as connection:
        (done,) = await list_deliveries(connection, state="done")
    assert done.last_error is None


async def test_failing_subscriber_neither_holds_up_nor_repeats_another(database):
    bad, good = Hearing(fails=100), Hearing()

    async with relaying(
        database, Subscriber("bad", ("*",), bad), Subscriber("good", ("*",), good), attempts=3
    ):
        await happen(database, "product.created", "prod_1")
        for attempt in (1, 2, 3):
            await until_error(database, f"ValueError: failure {attempt}")
            await make_due(database)
        await until_states(database, ("bad", "failed", 3), ("good", "done", 1))
        async with database.write() as tx:
            assert await replay_failed(tx) == 1
        await until(lambda: len(bad.events) == 4)

    assert good.ids == ["prod_1"]


async def test_done_delivery_is_replayed_only_to_the_subscriber_that_is_named(database):
    first, second = Hearing(), Hearing()

    async with relaying(
        database, Subscriber("first", ("*",), first), Subscriber("second", ("*",), second)
    ):
        await happen(database, "product.created", "prod_1")
        await until_states(database, ("first", "done", 1), ("second", "done", 1))
        async with database.write() as tx:
            assert await replay(tx, [first.events[0].id]) == 0
            assert await replay(tx, [first.events[0].id], subscriber="second") == 1
        await until(lambda: len(second.events) == 2)

    assert len(first.events) == 1


async def test_handler_that_takes_too_long_is_ended_and_tried_again(database):
    endless = Hearing(seconds=3600)

    async with relaying(database, Subscriber("a", ("*",), endless, seconds=0.05)):
        await happen(database, "product.created", "prod_1")
        await until(lambda: errors(database))

    assert await errors(database) == ["Not done within 0.05 seconds"]
    assert await states(database) == [("a", "pending", 1)]


async def test_handler_whose_own_task_was_cancelled_is_tried_again_later(database):
    async def cancelled(event, _):
        raise asyncio.CancelledError

    async with relaying(database, Subscriber("a", ("*",), cancelled)):
        await happen(database, "product.created", "prod_1")
        await until(lambda: errors(database))

    assert "CancelledError" in (await errors(database))[0]
    assert await states(database) == [("a", "pending", 1)]


async def test_event_is_delivered_again_after_a_crash_before_it_was_marked(
    database, database_url, tmp_path
):
    await happen(database, "product.created", "prod_1")
    given = database_url, str(tmp_path / "heard")
    crashing = Forked("tests.outbox.crashing_relay", *given, environment={})
    await asyncio.to_thread(crashing.communicate)
    assert crashing.poll() == -signal.SIGKILL
    assert (tmp_path / "heard").read_text() == "prod_1"
    assert await states(database) == [("a", "pending", 1)]
    hearing = Hearing()

    async with relaying(database, Subscriber("a", ("*",), hearing)):
        await asyncio.sleep(0.2)
        # The dead one might be alive and slow: its time must pass first.
        assert hearing.events == []
        await make_due(database)
        await until(lambda: hearing.ids == ["prod_1"])


async def test_delivery_that_kills_each_process_is_given_up(database):
    deadly = Subscriber("a", ("*",), Hearing())
    await happen(database, "product.created", "prod_1")
    async with database.read() as connection:
        await fan_out(connection, [deadly])
        for _ in range(2):
            assert len(await claim(connection, [deadly], {"a": 8})) == 1
            await make_due(database)

    async with relaying(database, deadly, attempts=2):
        await until_states(database, ("a", "failed", 3))

    assert deadly.handle.events == []
    assert await errors(database) == [
        "The process ended while the subscriber was handling the event"
    ]


async def test_relay_that_lost_its_claim_by_being_late_settles_nothing(database):
    subscriber = Subscriber("a", ("*",), Hearing())
    await happen(database, "product.created", "prod_1")
    async with database.read() as connection:
        await fan_out(connection, [subscriber])
        (late,) = await claim(connection, [subscriber], {"a": 8})
        await make_due(database)
        (present,) = await claim(connection, [subscriber], {"a": 8})

        await settle(connection, [Outcome(late, "failed", 0, "late")])
        assert await states(database) == [("a", "pending", 2)]

        await settle(connection, [Outcome(present, "done")])
        assert await states(database) == [("a", "done", 2)]
