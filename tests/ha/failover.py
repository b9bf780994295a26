"""The primary is lost under write load: how long until Merx writes again, and what is lost.

Not part of the suite, for it takes minutes and needs programs that a small machine has not: see
deploy/ha/README.md. `make failover` runs it and prints the figures.
"""

import asyncio
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.cli.journeys import log_in
from tests.databases import scratch
from tests.ha.nodes import Shop, running_recipe, wait_for
from tests.server import EMAIL, PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WRITERS = 8
BEFORE, AFTER = 8.0, 8.0


@dataclass
class Load:
    """What was acknowledged and when, and what else was answered."""

    acknowledged: dict[str, float] = field(default_factory=dict[str, float])
    answers: dict[str, int] = field(default_factory=dict[str, int])
    is_over: bool = False

    async def write(self, client: httpx.AsyncClient, writer: int) -> None:
        number = 0
        while not self.is_over:
            number += 1
            value = f"{writer}-{number}-{time.time_ns()}"
            try:
                answer = await client.post("/admin/product-tags", json={"value": value})
                kind = str(answer.status_code)
            except httpx.TransportError as error:
                kind = type(error).__name__
            self.answers[kind] = self.answers.get(kind, 0) + 1
            if kind == "200":
                self.acknowledged[value] = time.monotonic()
            else:
                await asyncio.sleep(0.1)

    def silence(self, since: float) -> float:
        """Seconds from then to the end of the longest time without a write."""
        times = sorted(at for at in self.acknowledged.values() if at > since - 1)
        gap, end = max((after - at, after) for at, after in pairwise(times))
        return end - since if gap > 0.5 else 0


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="merx-", dir=scratch()) as name:
        Path(name).chmod(0o755)
        with running_recipe(Path(name)) as running:
            yield running


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_nothing_acknowledged_is_lost(how: signal.Signals, shop: Shop) -> None:
    wait_for(lambda: any(node.answers("/sync") for node in shop.nodes))
    token = log_in(shop.url, PASSWORD, EMAIL)
    load = Load()
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=shop.url, headers=headers, timeout=150) as client:
        writers = [asyncio.create_task(load.write(client, n)) for n in range(WRITERS)]
        await asyncio.sleep(BEFORE)
        leader = shop.leader()
        lost_at = time.monotonic()
        leader.send(how)
        other = next(node for node in shop.nodes if node is not leader)
        for _ in range(240):
            if load.acknowledged and max(load.acknowledged.values()) > lost_at + 3:
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(AFTER)
        load.is_over = True
        await asyncio.gather(*writers)

    connection = await asyncpg.connect(shop.database_url)
    rows = await connection.fetch("SELECT value FROM product_tag")
    await connection.close()
    kept = {row["value"] for row in rows}
    lost = load.acknowledged.keys() - kept
    print(  # noqa: T201 - the figures are what it is for
        f"\n{how.name}: written again after {load.silence(lost_at):.1f} s; lost {len(lost)} of"
        f" {len(load.acknowledged)} acknowledged writes; answers {load.answers}"
    )
    assert other.answers("/primary")
    assert not lost
    assert "500" not in load.answers
    back(shop, leader)


def back(shop: Shop, node: object) -> None:
    """Let the lost node come back as the standby."""
    for one in shop.nodes:
        if one is node:
            one.stop()
            one.start(shop.etcd)
    wait_for(lambda: any(one.answers("/sync") for one in shop.nodes), 120)
