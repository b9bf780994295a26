"""Batches of variants and of links while networks break and processes are killed.

Clients repeat each request, with its idempotency key, until it is acknowledged. In the end all that
was acknowledged is there, and nothing was done twice.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest

from merx.core.embedded import EmbeddedPostgres
from tests.factories.faulty_network import FaultyNetwork, faulty_network
from tests.server import EMAIL, PASSWORD, Process, address_of, running_server, said_after, started

pytestmark = [pytest.mark.commits, pytest.mark.slow, pytest.mark.timeout(180)]

CLIENTS, ROUNDS, ROWS = 3, 6, 3
WRITTEN = CLIENTS * ROUNDS * ROWS
_UNANSWERED = (409, 503)


@dataclass
class Work:
    """A product that clients give variants, and an item that these are linked to."""

    url: str
    token: str
    product_id: str
    item_id: str
    rounds: int = 0

    async def run(self) -> None:
        """All clients, all rounds."""
        await asyncio.gather(*(self._client(number) for number in range(CLIENTS)))

    async def _client(self, number: int) -> None:
        headers = {"authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=5) as client:
            for turn in range(ROUNDS):
                await self._round(client, (number * ROUNDS + turn) * ROWS)
                self.rounds += 1

    async def _round(self, client: httpx.AsyncClient, first: int) -> None:
        path = f"/admin/products/{self.product_id}/variants"
        titles = [f"F-{first + row}" for row in range(ROWS)]
        rows = [
            {"title": title, "sku": title, "options": {"Size": title}, "prices": []}
            for title in titles
        ]
        made = await _acknowledged(client, f"{path}/batch?fields=id", {"create": rows})
        pairs = [
            {"variant_id": row["id"], "inventory_item_id": self.item_id} for row in made["created"]
        ]
        links = f"{path}/inventory-items/batch"
        for step, quantity in (("create", 2), ("update", 3)):
            body = {step: [{**pair, "required_quantity": quantity} for pair in pairs]}
            await _acknowledged(client, links, body)


async def _acknowledged(client: httpx.AsyncClient, path: str, body: object) -> Any:
    """The answer to a request that is sent until there is one."""
    headers = {"idempotency-key": str(uuid4())}
    async with asyncio.timeout(90):
        while True:
            try:
                answer = await client.post(path, json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            if answer.status_code == 200:
                return answer.json()
            assert answer.status_code in _UNANSWERED, answer.text
            await asyncio.sleep(0.05)


async def prepared(url: str, email: str, password: str) -> Work:
    """The work for a shop, none of it done."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:

        async def post(path: str, body: object) -> Any:
            answer = await client.post(path, json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

        token = (await post("/auth/user/emailpass", {"email": email, "password": password}))[
            "token"
        ]
        client.headers["authorization"] = f"Bearer {token}"
        sizes = {"title": "Size", "values": [f"F-{number}" for number in range(WRITTEN)]}
        product = await post("/admin/products", {"title": "Faults", "options": [sizes]})
        item = await post("/admin/inventory-items", {"sku": "faults"})
    return Work(url, token, product["product"]["id"], item["inventory_item"]["id"])


async def check_once(url: str, work: Work) -> None:
    """Everything was written, and once."""
    connection = await asyncpg.connect(url)
    told, kept, linked = await connection.fetchrow(_FOUND, work.product_id, work.item_id)
    await connection.close()
    assert (told, kept, linked) == (WRITTEN, WRITTEN, WRITTEN)


_FOUND = """
SELECT
  (SELECT count(*) FROM event e, jsonb_array_elements_text(e.ids) AS told(id)
    JOIN product_variant v ON v.id = told.id
    WHERE e.name = 'product-variant.created' AND v.product_id = $1),
  (SELECT count(*) FROM product_variant WHERE product_id = $1 AND deleted_at IS NULL),
  (SELECT count(*) FROM product_variant_inventory_item l
    JOIN product_variant v ON v.id = l.variant_id AND v.product_id = $1
    WHERE l.inventory_item_id = $2 AND l.required_quantity = 3 AND l.deleted_at IS NULL)"""


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what it waits for is in other processes
            await asyncio.sleep(0.02)


async def test_networks_break_on_both_sides_and_the_server_is_killed(
    clone_url: str, tmp_path: Path
) -> None:
    async with (
        faulty_network(clone_url, least=20_000, most=50_000) as to_database,
        faulty_network("http://nowhere", least=3_000, most=15_000) as to_server,
    ):
        with running_server(clone_url, tmp_path, RELAY="off") as server:
            work = await prepared(server.url, EMAIL, PASSWORD)
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait()

        async def serve(until_done: Callable[[], bool]) -> None:
            async with serving(tmp_path, DATABASE_URL=to_database.url, RELAY="off") as process:
                to_server.target = await asyncio.to_thread(address_of, process)
                await until(until_done)
                os.killpg(process.pid, signal.SIGKILL)

        work.url = http_url(to_server)
        running = asyncio.create_task(work.run())
        await serve(lambda: running.done() or work.rounds > 4)
        await serve(lambda: running.done() or work.rounds > 10)
        await serve(running.done)
        await running

        await check_once(clone_url, work)
        assert to_server.broken > 3
        assert to_database.broken > 1


def http_url(network: FaultyNetwork) -> str:
    return f"http://127.0.0.1:{urlsplit(network.url).port}"


@asynccontextmanager
async def serving(folder: Path, **settings: str) -> AsyncGenerator[Process]:
    """`merx start`, run in a thread: its database's proxy runs in this event loop."""
    server = started(folder, "--port", "0", **settings)
    process = await asyncio.to_thread(server.__enter__)
    try:
        yield process
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


async def test_a_worker_and_then_postgresql_are_killed(folder: Path) -> None:
    options = "--demo", "--port", "0", "--workers", "2"
    with started(folder, *options) as process:
        address = address_of(process)
        password = said_after(process, "Password: ").split()[0]
        url = EmbeddedPostgres(folder / "postgres").url()
        work = await prepared(address, "admin@example.com", password)
        running = asyncio.create_task(work.run())
        await until(lambda: running.done() or work.rounds > 3)
        os.kill(a_worker(process.pid), signal.SIGKILL)
        await until(lambda: running.done() or work.rounds > 8)
        postmaster = folder / "postgres" / "data" / "postmaster.pid"
        os.kill(int(postmaster.read_text().split()[0]), signal.SIGKILL)
        await running

        await check_once(url, work)


def a_worker(supervisor: int) -> int:
    """A process below the supervisor that serves."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    (*_, last) = [
        int(pid) for pid in children if "postgres" not in Path(f"/proc/{pid}/comm").read_text()
    ]
    return last
