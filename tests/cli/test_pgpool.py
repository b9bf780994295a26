"""The main journeys through Pgpool-II, which stands before several PostgreSQL nodes."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.replicas import Node, replicated
from tests.server import address_of, said_after, started

from .journeys import bought, log_in
from .pgpool import pgpool
from .test_pooler import SHIRT, VARIANT

pytestmark = pytest.mark.slow

_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"""


def test_a_shop_sells_through_pgpool(folder: Path) -> None:
    with replicated() as nodes, pgpool(nodes, folder) as url:
        asks = {"DATABASE_URL": url, "READ_DATABASE_URL": nodes[1].url("merx")}
        with started(folder, "--demo", "--port", "0", **asks) as process:
            shop = address_of(process)
            fill(shop, said_after(process, "Password: ").split()[0])
            key = said_after(process, "Storefront key: ").strip()
            with ThreadPoolExecutor(8) as shoppers:
                ended = list(shoppers.map(lambda _: bought(shop, key), range(16)))
            assert ended == ["order"] * 16
        assert asyncio.run(rows_that_differ(*nodes)) == {}
        assert len(asyncio.run(all_rows(nodes[1]))["order"]) == 16


def fill(url: str, password: str) -> None:
    headers = {"authorization": f"Bearer {log_in(url, password)}"}
    with httpx.Client(base_url=url, headers=headers) as admin:
        made = admin.post("/admin/products", json=SHIRT).raise_for_status().json()["product"]
        batch = {"create": [{**VARIANT, "title": "M", "options": {"Size": "M"}}]}
        added = admin.post(f"/admin/products/{made['id']}/variants/batch", json=batch)
        assert [one["title"] for one in added.json()["created"]] == ["M"]
        assert httpx.get(f"{url}/ready").status_code == 200


async def rows_that_differ(primary: Node, standby: Node) -> dict[str, list[str]]:
    """By table; the standby gets a moment to replay the last ones."""
    for _ in range(50):
        first, second = await asyncio.gather(all_rows(primary), all_rows(standby))
        differ = {name: rows for name, rows in first.items() if rows != second[name]}
        if not differ:
            break
        await asyncio.sleep(0.1)
    return differ


async def all_rows(node: Node) -> dict[str, list[str]]:
    connection = await asyncpg.connect(node.url("merx"))
    try:
        names = [row["table_name"] for row in await connection.fetch(_TABLES)]
        return {
            name: [
                row["row"]
                for row in await connection.fetch(
                    f'SELECT each::text AS row FROM "{name}" each ORDER BY 1'
                )
            ]
            for name in names
        }
    finally:
        await connection.close()
