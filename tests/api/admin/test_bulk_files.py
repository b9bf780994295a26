"""Files of bulk jobs: how they are taken, listed, canceled and forgotten."""

import gzip
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Database, Transaction
from merx.subscribers.bulk_jobs import run_bulk_jobs, tidy_bulk_jobs
from tests.answers import good, refused
from tests.factories.bulk import Bulk, lines
from tests.factories.products import (
    make_item,
    make_location,
    make_product,
)
from tests.statements import Statements


@pytest.fixture
def limit(app: FastAPI) -> Iterator[Callable[[int], None]]:
    """Lets fewer bytes of a body be taken."""
    own = app.state.settings

    def change(most: int) -> None:
        app.state.settings = own.model_copy(update={"max_bulk_bytes": most})

    yield change
    app.state.settings = own


async def test_packed_bodies_are_taken_and_their_size_is_limited(
    bulk: Bulk, limit: Callable[[int], None], tx: Transaction
) -> None:
    hall = await make_location(tx)
    await make_item(tx, "I")
    row = {"op": "upsert", "type": "level", "location_id": hall, "item_sku": "I"}
    body = lines([{**row, "stocked_quantity": number} for number in range(300)])
    packed = gzip.compress(body[:1000]) + gzip.compress(body[1000:])
    limit(1_000_000)

    ended = await bulk.run_bytes(packed, **{"content-encoding": "gzip"})
    bomb = await bulk.send(gzip.compress(b" \n" * 600_000), **{"content-encoding": "gzip"})
    plain = await bulk.send(b" \n" * 600_000)
    long = await bulk.send(lines([row]) + b"x" * 999_000)
    cut = await bulk.send(packed[:-9], **{"content-encoding": "gzip"})
    other = await bulk.send(body, **{"content-encoding": "gzip"})
    brotli = await bulk.send(body, **{"content-encoding": "br"})
    json_body = await bulk.send(body, **{"content-type": "application/json"})
    empty = await bulk.send(b"")

    assert (ended.job["succeeded"], ended.job["size"]) == (300, len(body))
    words = "The rows are larger than the limit of 1000000 bytes"
    assert refused(bomb, 413) == refused(plain, 413) == words
    assert long.status_code == 202
    assert refused(cut) == "The packed request body ends in the middle"
    assert refused(other) == "The request body is not packed as its content-encoding says"
    assert refused(brotli, 415) == 'unsupported content encoding "br"'
    assert refused(json_body, 415).startswith("Send lines of JSON as application/x-ndjson")
    assert refused(empty) == "The body is empty: send a line of JSON for each row"


async def test_a_line_that_is_too_long_and_a_body_without_end_are_refused_early(
    bulk: Bulk, limit: Callable[[int], None]
) -> None:
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b'{"op": "create", "type": "product"}\n' * 1000

    long = await bulk.send(b"{}\n" + b"x" * (1024 * 1024 + 1))
    limit(5_000_000)
    stream = await bulk.admin.post(
        "/admin/bulk", content=endless(), headers={"content-type": "application/x-ndjson"}
    )

    assert refused(long, 413) == "Line 2 is longer than the limit of 1048576 bytes"
    assert refused(stream, 413) == "The rows are larger than the limit of 5000000 bytes"
    assert sent < 200
    assert [file async for file in bulk.files.listed()] == []
    assert good(await bulk.admin.get("/admin/bulk"))["count"] == 0


async def test_jobs_are_listed_canceled_and_forgotten(
    bulk: Bulk, client: httpx.AsyncClient, database: Database, tx: Transaction
) -> None:
    await make_product(tx)
    row = {"op": "delete", "type": "product", "id": "nobody"}
    asked = (await bulk.send(lines([row] * 3))).json()["bulk_job"]

    path = f"/admin/bulk/{asked['id']}"
    canceled = good(await bulk.admin.post(f"{path}/cancel"))["bulk_job"]
    again = await bulk.admin.post(f"{path}/cancel")
    await run_bulk_jobs(database, bulk.files)
    ended = await bulk.run(row)
    late = await bulk.admin.post(f"/admin/bulk/{ended.job['id']}/cancel")

    assert (asked["state"], asked["lines"], canceled["state"]) == ("waiting", 3, "canceled")
    assert good(again)["bulk_job"]["state"] == "canceled"
    assert refused(late) == f"Bulk job with id: {ended.job['id']} is done"
    listed = good(await bulk.admin.get("/admin/bulk?state=canceled"))
    assert [one["id"] for one in listed["bulk_jobs"]] == [asked["id"]]
    assert (await bulk.ended(asked["id"])).results == []
    assert [file async for file in bulk.files.listed()] == []
    for method, way in (("GET", ""), ("GET", "/results"), ("POST", "/cancel")):
        unknown = await bulk.admin.request(method, f"/admin/bulk/nobody{way}")
        assert refused(unknown, 404) == "Bulk job with id: nobody was not found"
        assert (await client.request(method, f"/admin/bulk/nobody{way}")).status_code == 401
    assert (await client.post("/admin/bulk", content=lines([row]))).status_code == 401
    dry = await bulk.admin.post("/admin/bulk?dry_run=true", content=lines([row]))
    assert refused(dry) == "Invalid request: Unrecognized fields: 'dry_run'"

    await tx.execute("UPDATE bulk_job SET ended_at = now() - interval '8 days' WHERE id = $1",
                     asked["id"])  # fmt: skip
    await tidy_bulk_jobs(database, bulk.files, days=7)
    left = good(await bulk.admin.get("/admin/bulk"))["bulk_jobs"]
    assert [one["id"] for one in left] == [ended.job["id"]]


async def test_a_job_whose_file_is_gone_fails(bulk: Bulk, database: Database) -> None:
    asked = (await bulk.send(lines([{"op": "delete", "type": "product", "id": "x"}]))).json()
    [file] = [file async for file in bulk.files.listed()]
    await bulk.files.delete(file.key)

    await run_bulk_jobs(database, bulk.files)

    job = (await bulk.ended(asked["bulk_job"]["id"])).job
    assert (job["state"], job["error"]) == ("failed", "The file of the job is gone")


async def test_a_body_that_is_sent_twice_with_a_key_is_one_job(bulk: Bulk) -> None:
    body = lines([{"op": "delete", "type": "product", "id": "x"}])
    key = {"idempotency-key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}

    first, again = await bulk.send(body, **key), await bulk.send(body, **key)
    other = await bulk.send(body + b"\n", **key)

    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert len([file async for file in bulk.files.listed()]) == 1


async def test_statements_do_not_grow_with_the_lines(
    bulk: Bulk, database: Database, tx: Transaction
) -> None:
    hall = await make_location(tx)
    for number in range(40):
        await make_item(tx, f"I-{number}")
    row = {"op": "upsert", "type": "level", "location_id": hall}
    counted = Statements(database)

    counts = list[int]()
    for most in (2, 40):
        rows = [{**row, "item_sku": f"I-{n}", "stocked_quantity": n + most} for n in range(most)]
        await bulk.run(*rows)
        await bulk.send(lines([{**one, "op": "update"} for one in rows]))
        counted.texts.clear()
        await run_bulk_jobs(counted, bulk.files)
        counts.append(len(counted.texts))

    assert counts[0] == counts[1]
