"""Webhooks hear of what they asked for, signed, in order and at least once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from merx.core.database import Database
from merx.core.ids import new_id
from merx.modules.webhook import deliveries, endpoints
from merx.modules.webhook.schemas import UpdateWebhook
from merx.modules.webhook.sending import Sender, retry_seconds
from merx.operations.doctor import examine
from merx.outbox import Event
from merx.providers import public_web
from merx.providers.public_web import Networks
from merx.subscribers.webhooks import webhooks
from tests.factories.webhook_receiver import Receiver, answer, receiving
from tests.outbox.support import happen, relaying, states, until
from tests.processes import Forked

pytestmark = pytest.mark.commits
HERE = Sender(Networks("127.0.0.1"), 3)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def make_webhook(database: Database, url: str, *events: str) -> tuple[str, str]:
    async with database.write() as tx:
        return await endpoints.create_webhook(tx, {"url": url, "events": list(events or "*")})


async def tell(database: Database, *ids: str, name: str = "product.created") -> list[str]:
    """An event for each id, as the relay hands them over; their ids."""
    async with database.write() as tx:
        now = await tx.fetchval("SELECT now()")
        events = [Event(new_id("evt"), name, [each], now) for each in ids]
        for event in events:
            await deliveries.add_deliveries(tx, event)
    return [event.id for event in events]


async def log(database: Database, columns: str = "state, attempts") -> list[tuple[Any, ...]]:
    async with database.read() as connection:
        rows = await connection.fetch(
            f"SELECT {columns} FROM webhook_delivery ORDER BY webhook_id, event_id"
        )
    return [tuple(row) for row in rows]


async def let_time_pass(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute("UPDATE webhook SET due_at = now(), leased_until = NULL")


async def test_an_event_is_sent_to_who_asked_for_it(database: Database, receiver: Receiver) -> None:
    _, secret = await make_webhook(database, receiver.url, "product.*", "order.placed")

    async with relaying(database, webhooks):
        await happen(database, "product.created", "prod_1")
        await happen(database, "product-tag.created", "ptag_1")
        await happen(database, "order.placed", "order_1")
        await until(lambda: _is_handed_over(database, 2))
    await HERE.run(database)

    told = receiver.verified(secret)
    assert [(each["type"], each["data"]) for each in told] == [
        ("product.created", {"ids": ["prod_1"]}),
        ("order.placed", {"ids": ["order_1"]}),
    ]
    assert told[0]["timestamp"].endswith("Z")
    # An event that no webhook asks for makes no delivery.
    assert len(await states(database)) == 2
    assert await log(database, "state, status, answer, attempts") == [("done", 200, "ok", 1)] * 2
    with pytest.raises(WebhookVerificationError):
        receiver.verified(endpoints._new_secret())


async def _is_handed_over(database: Database, count: int) -> bool:
    return len(await log(database)) == count


async def test_a_failed_one_is_tried_again_before_later_ones(
    database: Database, receiver: Receiver
) -> None:
    await make_webhook(database, receiver.url)
    first, second = await tell(database, "prod_1", "prod_2")
    receiver.answers = [answer(500), answer(503)]

    await HERE.run(database)
    assert await log(database, "state, attempts, error") == [
        ("pending", 1, "answered 500"),
        ("pending", 0, None),
    ]
    await HERE.run(database)
    assert receiver.ids == [first]
    for _ in range(2):
        await let_time_pass(database)
        await HERE.run(database)

    assert receiver.ids == [first, first, first, second]
    assert await log(database) == [("done", 3), ("done", 1)]


def test_attempts_come_ever_later_and_within_bounds() -> None:
    assert 3 < retry_seconds(1) <= 5
    assert 60 * 60 < sum(retry_seconds(n) for n in range(1, 12)) < 2 * 24 * 3600
    assert retry_seconds(99) <= 6 * 3600


async def test_a_webhook_that_keeps_failing_is_disabled_and_goes_on_when_enabled(
    database: Database, receiver: Receiver
) -> None:
    webhook_id, _ = await make_webhook(database, receiver.url)
    first, second = await tell(database, "prod_1", "prod_2")
    receiver.answers = [answer(500)] * 3
    for _ in range(4):
        await let_time_pass(database)
        await HERE.run(database)

    async with database.read() as connection:
        row = await connection.fetchrow("SELECT enabled, disabled_reason FROM webhook")
        told = await connection.fetchval("SELECT ids FROM event WHERE name = 'webhook.disabled'")
        findings = await examine(connection)
    assert row is not None
    assert tuple(row) == (False, "product.created failed 3 times: answered 500")
    assert told == [webhook_id]
    assert [each.id for each in findings if each.words.startswith("webhook")] == [webhook_id]
    assert receiver.ids == [first] * 3

    async with database.write() as tx:
        await endpoints.update_webhook(tx, webhook_id, UpdateWebhook(enabled=True))
    await HERE.run(database)
    assert receiver.ids[3:] == [second]
    assert await log(database) == [("failed", 3), ("done", 1)]


async def test_one_that_is_gone_is_disabled_at_once(database: Database, receiver: Receiver) -> None:
    await make_webhook(database, receiver.url)
    await tell(database, "prod_1", "prod_2")
    receiver.answers = [answer(410)]

    await HERE.run(database)

    assert await log(database) == [("failed", 1), ("pending", 0)]


async def test_a_redirect_is_not_followed(database: Database, receiver: Receiver) -> None:
    await make_webhook(database, receiver.url)
    await tell(database, "prod_1")
    receiver.answers = [answer(307, f"location: {receiver.url}/elsewhere")]

    await HERE.run(database)

    assert len(receiver.bodies) == 1
    assert await log(database, "state, error") == [
        ("pending", "answered 307; redirects are not followed")
    ]


async def test_answers_are_bounded_in_size_and_time(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_webhook(database, receiver.url)
    await tell(database, "prod_1")
    receiver.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n" + b"a" * 100_000]
    monkeypatch.setattr(public_web, "SECONDS", 0.3)

    await HERE.run(database)
    receiver.free.clear()
    await tell(database, "prod_2")
    await HERE.run(database)

    [(state, text, _), (other, _, error)] = await log(database, "state, answer, error")
    assert (state, len(text)) == ("done", public_web.MOST_BYTES)
    assert (other, error) == ("pending", "TimeoutError: not done within 0 seconds")


@pytest.mark.parametrize("networks", ["", "10.0.0.0/8"], ids=["none", "another"])
async def test_what_leads_to_a_private_address_is_never_connected_to(
    database: Database, receiver: Receiver, networks: str
) -> None:
    for name in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
        await make_webhook(database, name)
        await make_webhook(database, name.replace("http:", "https:"))
    await tell(database, "prod_1")

    await Sender(Networks(networks), 3).run(database)

    assert receiver.connections == 0
    errors = [error for (error,) in await log(database, "error")]
    assert len(errors) == 4
    assert all("may not be reached" in error for error in errors)


async def test_two_secrets_sign_for_a_day(database: Database, receiver: Receiver) -> None:
    webhook_id, old = await make_webhook(database, receiver.url)
    async with database.write() as tx:
        new = await endpoints.rotate_secret(tx, webhook_id)
    assert new is not None
    await tell(database, "prod_1")
    await HERE.run(database)
    receiver.verified(old)
    receiver.verified(new)

    async with database.write() as tx:
        await tx.execute("UPDATE webhook SET previous_until = now()")
    await tell(database, "prod_2")
    receiver.bodies.clear()
    receiver.headers.clear()
    await HERE.run(database)
    receiver.verified(new)
    with pytest.raises(WebhookVerificationError):
        receiver.verified(old)


async def test_two_workers_send_each_once_and_in_order(
    database: Database, receiver: Receiver
) -> None:
    for _ in range(3):
        await make_webhook(database, receiver.url)
    events = await tell(database, *map(str, range(15)))

    await asyncio.gather(*(HERE.run(database) for _ in range(4)))

    assert sorted(receiver.ids) == sorted(events * 3)
    assert await log(database) == [("done", 1)] * 45
    times = await log(database, "attempted_at")
    assert all(times[n : n + 15] == sorted(times[n : n + 15]) for n in (0, 15, 30))


async def test_a_worker_killed_while_it_sends_loses_nothing(
    database: Database, database_url: str, receiver: Receiver
) -> None:
    _, secret = await make_webhook(database, receiver.url)
    events = await tell(database, "prod_1", "prod_2")
    receiver.free.clear()
    worker = Forked("tests.modules.webhook.sending_worker", database_url, environment={})
    await until(lambda: receiver.bodies)
    worker.kill()
    await asyncio.to_thread(worker.communicate)
    receiver.free.set()

    # Nobody else sends until its lease ends; then another process takes it over.
    await HERE.run(database)
    assert len(receiver.bodies) == 1
    await let_time_pass(database)
    await HERE.run(database)

    assert receiver.ids == [events[0], *events]
    assert len(receiver.verified(secret)) == 3
    assert await log(database) == [("done", 2), ("done", 1)]


async def test_who_lost_the_lease_writes_nothing(database: Database, receiver: Receiver) -> None:
    await make_webhook(database, receiver.url)
    await tell(database, "prod_1")
    receiver.free.clear()
    late = asyncio.create_task(HERE.run(database))
    await until(lambda: receiver.bodies)
    async with database.write() as tx:
        await tx.execute("UPDATE webhook SET lease = 'another'")
    receiver.free.set()
    await late

    assert await log(database) == [("pending", 1)]


async def test_the_log_is_forgotten_but_for_what_is_still_to_be_sent(
    database: Database, receiver: Receiver
) -> None:
    sent, _ = await make_webhook(database, receiver.url)
    await tell(database, "prod_1")
    await HERE.run(database)
    await tell(database, "prod_2")
    async with database.write() as tx:
        await tx.execute("UPDATE webhook_delivery SET created_at = now() - interval '8 days'")

    await deliveries.forget_deliveries(database, days=9)
    assert len(await log(database)) == 2
    await deliveries.forget_deliveries(database, days=7)
    assert await log(database) == [("pending", 0)]
    async with database.write() as tx:
        await endpoints.delete_webhook(tx, sent)
    await deliveries.forget_deliveries(database, days=7)
    assert await log(database) == []


async def test_events_are_replayed_from_a_position(database: Database, receiver: Receiver) -> None:
    await happen(database, "product.created", "prod_1", "prod_2", "prod_3")
    await happen(database, "order.placed", "order_1")
    webhook_id, _ = await make_webhook(database, receiver.url, "product.created")
    async with database.read() as connection:
        rows = await connection.fetch("SELECT id FROM event WHERE name = 'product.created'")
    events = sorted(row["id"] for row in rows)

    for after, expected in (("", events), (events[0], events[1:]), (events[2], [])):
        receiver.headers.clear()
        async with database.write() as tx:
            done = await deliveries.replay_events(tx, webhook_id, after=after)
        await HERE.run(database)
        assert receiver.ids == expected
        assert (done.count, done.cursor, done.is_whole) == (len(expected), events[2], True)
