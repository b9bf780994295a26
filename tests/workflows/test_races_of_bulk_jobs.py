"""Bulk jobs that two processes write at once, that are canceled in the middle, or that wait for
rows which others hold."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from merx.core.database import Database, DatabaseAway, DatabaseBusy, Transaction
from merx.modules.bulk.jobs import cancel_job, next_job, request_job
from merx.providers.file import StoredFiles
from merx.subscribers.bulk_jobs import run_bulk_jobs
from tests.factories.bulk import lines
from tests.factories.faulty_network import LOST, faulty_network
from tests.factories.products import make_product, make_variants, prices, variant
from tests.workflows.support import until_waiting

pytestmark = pytest.mark.commits

LINES = 900


async def ask(database: Database, files: StoredFiles, body: bytes) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield body

    await files.write("rows", chunks())
    async with database.write() as tx:
        count = body.count(b"\n")
        return await request_job(tx, size=len(body), lines=count, file_key="rows")


async def cancel(database: Database, job_id: str) -> None:
    async with database.write() as tx:
        await cancel_job(tx, job_id)


def new_products(count: int) -> bytes:
    row = {"op": "create", "type": "product", "options": [{"title": "Size", "values": ["S"]}]}
    return lines([{**row, "title": f"P {n}", "handle": f"p-{n}"} for n in range(count)])


async def results(tx: Transaction) -> list[bool]:
    told = await tx.fetchval("SELECT string_agg(results, '' ORDER BY first_line) FROM bulk_result")
    return [json.loads(line)["ok"] for line in (told or "").splitlines()]


async def test_two_processes_do_each_line_once(
    database: Database, database_url: str, tmp_path: Path, tx: Transaction
) -> None:
    files = StoredFiles(str(tmp_path))
    await ask(database, files, new_products(LINES))
    other = Database(database_url, pool_size=2)
    await other.open()

    await asyncio.gather(*(run_bulk_jobs(one, files) for one in (database, other, other)))

    await other.close()
    assert await results(tx) == [True] * LINES
    assert await tx.fetchval("SELECT count(*) FROM product") == LINES
    assert await tx.fetchval("SELECT state FROM bulk_job") == "done"


async def test_a_job_that_is_canceled_stops_and_keeps_what_is_written(
    database: Database, tmp_path: Path, tx: Transaction
) -> None:
    files = StoredFiles(str(tmp_path))
    job_id = await ask(database, files, new_products(LINES))

    async with database.read() as other:
        # Somebody is about to create one of the products as well, so the job waits at its start.
        held = other.transaction()
        await held.start()
        await other.execute(
            "INSERT INTO product (id, title, handle) VALUES ('prod_1', 'P', 'p-10')"
        )
        running = asyncio.create_task(run_bulk_jobs(database, files))
        await until_waiting(database)
        canceling = asyncio.create_task(cancel(database, job_id))
        await until_waiting(database, 2)
        await held.rollback()
    await canceling
    await running

    job = await tx.fetchrow("SELECT state, done, succeeded FROM bulk_job")
    assert job is not None
    assert job["state"] == "canceled"
    assert 0 < job["done"] < LINES
    assert len(await results(tx)) == job["done"] == job["succeeded"]
    assert await tx.fetchval("SELECT count(*) FROM product") == job["done"]
    assert await next_job(tx) is None


async def test_rows_that_others_hold_are_waited_for(
    database: Database, tmp_path: Path, tx: Transaction
) -> None:
    """Requests and a job that change the same variants in other orders: all succeed."""
    files = StoredFiles(str(tmp_path))
    sizes = tuple(f"S{number}" for number in range(40))
    product = await make_product(tx, options={"Size": sizes})
    bodies = [variant(one, sku=one, options={"Size": one}, prices=prices(usd=1)) for one in sizes]
    ids = await make_variants(tx, product.id, bodies)
    row = {"op": "upsert", "type": "price", "currency_code": "usd"}
    rows = [{**row, "variant_id": one, "amount": n} for n in range(2, 12) for one in ids]
    await ask(database, files, lines(rows))

    async def hold(number: int) -> None:
        for place in range(10):
            async with database.write() as change:
                for one in (ids[-1 - place], ids[number], ids[place]):
                    await change.execute(
                        "UPDATE product_variant SET weight = $2 WHERE id = $1", one, float(number)
                    )
                await asyncio.sleep(0.01)

    async def patient(number: int) -> None:
        with suppress(asyncpg.DeadlockDetectedError):
            await hold(number)

    for _ in range(3):
        await asyncio.gather(run_bulk_jobs(database, files), *(patient(n) for n in (3, 20)))

    assert await results(tx) == [True] * len(rows)
    found = await tx.fetch("SELECT DISTINCT amount FROM price WHERE deleted_at IS NULL")
    assert [int(record[0]) for record in found] == [11]


@pytest.mark.slow
async def test_connections_that_break_lose_no_line_and_do_none_twice(
    database: Database, database_url: str, tmp_path: Path, tx: Transaction
) -> None:
    files = StoredFiles(str(tmp_path))
    await ask(database, files, new_products(LINES))

    async with faulty_network(database_url) as network:
        while await tx.fetchval("SELECT state FROM bulk_job") in ("waiting", "running"):
            faulty = Database(network.url, pool_size=2)
            with suppress(DatabaseAway, DatabaseBusy, *LOST):
                await faulty.open()
                await run_bulk_jobs(faulty, files)
            with suppress(RuntimeError, *LOST):
                await asyncio.wait_for(faulty.close(), 5)

    assert network.broken > 0
    assert await tx.fetchval("SELECT state FROM bulk_job") == "done"
    assert await results(tx) == [True] * LINES
    assert await tx.fetchval("SELECT count(*) FROM product") == LINES
    told = "SELECT sum(jsonb_array_length(ids)) FROM event WHERE name = 'product.created'"
    assert await tx.fetchval(told) == LINES
