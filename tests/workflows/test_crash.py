"""A server that is killed, or loses its database, leaves everything or nothing of a request."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.factories.products import (
    grid,
    make_item,
    make_product,
    make_variant,
    prices,
    variants,
)
from tests.server import EMAIL, PASSWORD, address_of, running_server, started
from tests.workflows.support import contents, holding, loose_ends, until_idle, until_waiting

pytestmark = [pytest.mark.commits, pytest.mark.slow]

COUNT = 1_000
FEW = 100

# Lets a transaction wait where the trigger fires, until the test lets go of the lock.
WAIT_HERE = """
CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$"""
AFTER_THE_ROWS = """
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


async def make_shop(tx, count):
    """A product with three variants, and a batch that deletes one, changes one and makes many."""
    options = grid(count + 3)
    old, bodies = variants(options, 3), variants(options, count + 3)[3:]
    product = await make_product(tx, options=options, variants=old)
    deleted, changed, _ = product.variant_ids
    new = [{**body, "sku": f"NEW-{number}"} for number, body in enumerate(bodies)]
    update = [{"id": changed, "title": "New", "prices": prices(usd=1)}]
    return product, {"delete": [deleted], "update": update, "create": new}


async def take_a_variants_sku(tx, product_id):
    await make_variant(tx, product_id, sku=f"NEW-{COUNT // 2}", manage_inventory=False)


async def take_an_items_sku(tx, _):
    await make_item(tx, f"NEW-{COUNT - 1}")


async def take_the_lock(tx, _):
    await tx.execute(LOCK)


@pytest.mark.parametrize(
    ("trigger", "stand_in_the_way"),
    [("", take_a_variants_sku), ("", take_an_items_sku), (AFTER_THE_ROWS, take_the_lock)],
    ids=["among the variants", "among the inventory items", "after the last row"],
)
async def test_a_server_that_is_killed_in_a_batch_leaves_nothing_of_it(
    tx, database, clone_url, tmp_path, trigger, stand_in_the_way
):
    product, batch = await make_shop(tx, COUNT)
    await tx.execute(f"{WAIT_HERE}; {trigger}")
    path = f"/admin/products/{product.id}/variants/batch"

    with running_server(clone_url, tmp_path, RELAY="off") as server:
        async with served(server.url) as client, database.read() as other:
            before = await contents(tx)
            obstacle = other.transaction()
            await obstacle.start()
            await stand_in_the_way(other, product.id)
            sending = asyncio.create_task(client.post(path, json=batch))
            await until_waiting(database)
            kill(server.process)
            await obstacle.rollback()
            with pytest.raises(httpx.TransportError):
                await sending

    await until_idle(tx)
    assert await contents(tx) == before


async def test_a_server_that_is_killed_in_the_commit_leaves_the_whole_batch(
    tx, database, clone_url, tmp_path
):
    product, batch = await make_shop(tx, FEW)
    path = f"/admin/products/{product.id}/variants/batch"

    with running_server(clone_url, tmp_path, RELAY="off") as server:
        async with served(server.url) as client:
            await tx.execute(f"{WAIT_HERE}; {IN_THE_COMMIT}")
            async with holding(database, LOCK):
                sending = asyncio.create_task(client.post(path, json=batch))
                await until_waiting(database)
                kill(server.process)
            with pytest.raises(httpx.TransportError):
                await sending

    await until_idle(tx)
    live = "SELECT count(*) FROM {} WHERE deleted_at IS NULL"
    assert await tx.fetchval(live.format("product_variant")) == FEW + 2
    assert await tx.fetchval(live.format("price")) == 2 * FEW + 3
    assert await loose_ends(tx) == {}


async def test_a_server_starts_again_where_one_was_killed(tx, database, clone_url, tmp_path):
    product, batch = await make_shop(tx, FEW)
    path = f"/admin/products/{product.id}/variants/batch?fields=id"

    with running_server(clone_url, tmp_path, LOCK_SECONDS="60") as server:
        async with served(server.url) as client, database.read() as other:
            obstacle = other.transaction()
            await obstacle.start()
            await make_item(other, "NEW-1")
            sending = asyncio.create_task(client.post(path, json=batch))
            await until_waiting(database)
            kill(server.process)
            # The new server meets the killed one's transaction, which still holds its rows.
            with started(tmp_path, "--port", "0", DATABASE_URL=clone_url) as process:
                async with served(address_of(process)) as next_client:
                    again = asyncio.create_task(next_client.post(path, json=batch))
                    await until_waiting(database, 2)
                    await obstacle.rollback()
                    answer = await again
            with pytest.raises(httpx.TransportError):
                await sending

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["created"]) == FEW
    assert await loose_ends(tx) == {}


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
