"""A database that ends a session: the request fails whole, the next one works."""

import asyncio

import pytest

from merx.core.database import Database, Transaction
from tests.factories.products import make_item, make_product, prices, variant
from tests.workflows.support import contents, faulty_requests_to, until_idle, until_waiting

pytestmark = pytest.mark.commits

AWAY = {
    "type": "service_unavailable",
    "message": "The database cannot be reached at the moment; try again",
}
END = "SELECT pg_terminate_backend($1)"
OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture
async def admin(admin, app):
    async with faulty_requests_to(app, admin) as client:
        yield client


async def test_a_request_whose_session_is_ended_fails_and_leaves_nothing(admin, tx, database):
    product = await make_product(tx, variants=[variant(sku="OLD", prices=prices(usd=1))])
    path = f"/admin/products/{product.id}/variants/batch"
    batch = {
        "delete": product.variant_ids,
        "create": [variant(sku=sku, prices=prices(usd=1)) for sku in ("OLD", "NEW")],
    }
    before = await contents(tx)

    async with database.read() as other:
        obstacle = other.transaction()
        await obstacle.start()
        await make_item(other, "NEW")
        sending = asyncio.create_task(admin.post(path, json=batch))
        [session] = await until_waiting(database)
        await tx.execute(END, session)
        answer = await sending
        await obstacle.rollback()

    await until_idle(tx)
    assert (answer.status_code, answer.json()) == (503, AWAY)
    assert answer.headers["retry-after"] == "5"
    assert await contents(tx) == before
    again = await admin.post(path, json=batch)
    assert again.status_code == 200, again.text


async def test_a_read_whose_session_is_ended_is_made_once_more(admin, tx, database):
    path = "/admin/products"

    async with database.write() as other:
        await other.execute("LOCK TABLE product")
        reading = asyncio.create_task(admin.get(path))
        [session] = await until_waiting(database)
        await tx.execute(END, session)
        await until_waiting(database)
    answer = await reading

    assert answer.status_code == 200


async def test_a_read_whose_sessions_are_ended_twice_is_told_to_try_again(admin, tx, database):
    path = "/admin/products"

    async with database.write() as other:
        await other.execute("LOCK TABLE product")
        reading = asyncio.create_task(admin.get(path))
        for _ in range(2):
            [session] = await until_waiting(database)
            await tx.execute(END, session)
            await until_gone(tx, session)
        answer = await reading

    assert (answer.status_code, answer.json()) == (503, AWAY)
    assert answer.headers["retry-after"] == "5"
    assert (await admin.get(path)).status_code == 200


async def test_requests_after_all_idle_sessions_were_ended_work(admin, tx, database):
    path = "/admin/products"
    await asyncio.gather(*(admin.get(path) for _ in range(5)))

    await tx.execute(OTHERS)
    await until_only(database, 1)
    answers = await asyncio.gather(*(admin.get(path) for _ in range(5)))

    assert {answer.status_code for answer in answers} == {200}


async def until_gone(tx: Transaction, session: int) -> None:
    """Wait until a session is over."""
    for _ in range(5000):
        if not await tx.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", session):
            return
        await asyncio.sleep(0.002)
    raise AssertionError("the session goes on")


async def until_only(database: Database, sessions: int) -> None:
    """Wait until the pool has heard that its other sessions are over."""
    for _ in range(5000):
        if database.connections.count()[0] <= sessions:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the pool still counts on lost sessions")
