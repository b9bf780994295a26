"""A forgotten transaction holds a row: requests that need the row are refused, others succeed."""

import asyncio
import time

import httpx
import pytest

from merx.core.database import Database, DatabaseBusy, Transaction
from tests.factories.people import make_person
from tests.factories.products import make_product

pytestmark = pytest.mark.commits

HELD = {
    "type": "conflict",
    "message": "Another request has locked the same rows for too long; try again",
}
BUSY = {"type": "service_unavailable", "message": "The shop is overloaded at the moment; try again"}


@pytest.fixture
async def impatient(app, database: Database, clone_url: str):
    """The app on a database that waits a second for a row, and two for a connection."""
    own = Database(clone_url, lock_seconds=1, connection_seconds=2)
    await own.open()
    app.state.database = own
    yield own
    app.state.database = database
    await own.close()


async def hold(tx: Transaction, product_id: str):
    obstacle = tx.transaction()
    await obstacle.start()
    await tx.execute("SELECT FROM product WHERE id = $1 FOR UPDATE", product_id)
    return obstacle


async def test_who_waits_for_a_row_is_told_and_the_others_are_answered(
    admin: httpx.AsyncClient, tx: Transaction, impatient: Database
) -> None:
    product = await make_product(tx)
    path = f"/admin/products/{product.id}"
    person = await make_person(tx, "late@shop.test")
    obstacle = await hold(tx, product.id)

    begun = time.monotonic()
    writes = [asyncio.create_task(admin.post(path, json={"title": "x"})) for _ in range(24)]
    await asyncio.sleep(0.3)
    asked = time.monotonic()
    read = await admin.get(path)
    logged_in = await admin.post(
        "/auth/user/emailpass",
        json={"email": person.email, "password": "correct horse battery staple"},
    )
    answered = time.monotonic()
    answers = await asyncio.gather(*writes)
    await obstacle.rollback()

    assert (read.status_code, logged_in.status_code) == (200, 200)
    assert answered - asked < 1
    assert {(answer.status_code, tuple(answer.json().values())) for answer in answers} == {
        (409, tuple(HELD.values())),
        (503, tuple(BUSY.values())),
    }
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {
        (409, "1"),
        (503, "5"),
    }
    assert time.monotonic() - begun < 10
    assert (await admin.post(path, json={"title": "x"})).status_code == 200


async def test_without_a_free_connection_a_read_is_told_to_try_again(
    admin: httpx.AsyncClient, impatient: Database
) -> None:
    held = [impatient.read() for _ in range(10)]
    for one in held:
        await one.__aenter__()
    answer = await admin.get("/admin/products")
    for one in held:
        await one.__aexit__(None, None, None)

    assert (answer.status_code, answer.json()) == (503, BUSY)
    assert answer.headers["retry-after"] == "5"
    assert (await admin.get("/admin/products")).status_code == 200


@pytest.mark.parametrize(("size", "writers"), [(1, 1), (2, 1), (5, 3), (10, 6)])
async def test_writers_leave_connections_to_others(clone_url: str, size: int, writers: int) -> None:
    database = Database(clone_url, pool_size=size, connection_seconds=0.05)
    await database.open()
    held = [database.write() for _ in range(writers)]
    for one in held:
        await one.__aenter__()

    with pytest.raises(DatabaseBusy):
        async with database.write():
            pass
    if size > 1:
        async with database.read() as connection:
            assert await connection.fetchval("SELECT 1") == 1

    for one in held:
        await one.__aexit__(None, None, None)
    await database.close()
