"""A server that is killed, or loses its database, leaves everything or nothing of a request."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from merx.core.database import Database
from merx.modules.auth.identities import Identity
from tests.conftest import requests_to
from tests.factories.products import grid, make_item, make_product, make_variant, variants
from tests.server import EMAIL, PASSWORD, address_of, running_server, started
from tests.workflows.support import contents, holding, until_alone, until_waiting

pytestmark = pytest.mark.commits

COUNT = 5_000
OPTIONS = grid(COUNT + 3)

# Lets the transaction wait where the trigger fires, until the test lets go of the lock.
WAIT_HERE = """
CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$"""
AFTER_ALL_ROWS = """
CREATE TRIGGER wait AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION wait_here()"""
IN_THE_COMMIT = """
CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION wait_here()"""
LOCK = "SELECT pg_advisory_xact_lock(1)"


@asynccontextmanager
async def served(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server that is logged in."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        body = {"email": EMAIL, "password": PASSWORD}
        token = (await client.post("/auth/user/emailpass", json=body)).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


async def make_shop(tx):
    """A product with three variants, and a batch that deletes, changes and makes some."""
    product = await make_product(tx, options=OPTIONS, variants=variants(OPTIONS, 3))
    deleted, changed, _ = product.variant_ids
    new = [{**body, "sku": f"NEW-{n}"} for n, body in enumerate(variants(OPTIONS, COUNT + 3)[3:])]
    batch = {"delete": [deleted], "update": [{"id": changed, "title": "New"}], "create": new}
    return product.id, batch


async def taken_variant(tx, product_id):
    await make_variant(tx, product_id, sku=f"NEW-{COUNT // 2}", manage_inventory=False)


async def taken_item(tx, _):
    await make_item(tx, f"NEW-{COUNT - 1}")


async def last_row(tx, _):
    await tx.execute(LOCK)


@pytest.mark.parametrize(
    ("trigger", "meet"),
    [("", taken_variant), ("", taken_item), (AFTER_ALL_ROWS, last_row)],
    ids=["among the variants", "among the inventory items", "after the last row"],
)
async def test_a_server_killed_in_a_batch_leaves_nothing_of_it(
    tx, database, clone_url, tmp_path, trigger, meet
):
    product_id, batch = await make_shop(tx)
    await tx.execute(f"{WAIT_HERE}; {trigger}")
    path = f"/admin/products/{product_id}/variants/batch"

    with running_server(clone_url, tmp_path, RELAY="off") as server:
        before = await contents(tx)
        async with served(server.url) as client:
            async with database.read() as other:
                obstacle = other.transaction()
                await obstacle.start()
                await meet(other, product_id)
                sending = asyncio.create_task(client.post(path, json=batch))
                await until_waiting(database)
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
                await obstacle.rollback()
            with pytest.raises(httpx.TransportError):
                await sending
        await database.pool.expire_connections()
        assert await contents(tx) == before
