"""Reverts of one batch by two processes at once, and while others write: one of them has its way,
the other is told what has changed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from merx.core.database import Database
from tests.api.admin.test_audit_log_revert import entry_of, make_product, revert
from tests.server import address_of, running_server, started
from tests.workflows.support import holding, until_waiting
from tests.workflows.test_crash import served

pytestmark = [pytest.mark.commits, pytest.mark.slow]


@asynccontextmanager
async def two_processes(
    url: str, folder: Path
) -> AsyncGenerator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    folders = folder / "one", folder / "two"
    for each in folders:
        each.mkdir()
    with (
        running_server(url, folders[0], RELAY="off") as one,
        started(folders[1], "--port", "0", DATABASE_URL=url, RELAY="off") as second,
    ):
        async with served(one.url) as first, served(address_of(second)) as other:
            yield first, other


async def _title(admin: httpx.AsyncClient, path: str) -> str:
    return (await admin.get(f"{path}?fields=title")).json()["product"]["title"]


def _conflict(answer: httpx.Response) -> tuple[int, str, str]:
    body: dict[str, Any] = answer.json()
    return answer.status_code, body["type"], body["errors"][0]["path"].rpartition(".")[2]


async def test_two_processes_revert_one_batch_and_a_writer_comes_between(
    database: Database, clone_url: str, tmp_path: Path
) -> None:
    async with two_processes(clone_url, tmp_path) as (first, other):
        product = await make_product(first)
        path = f"/admin/products/{product['id']}"

        for round_ in range(3):
            await first.post(path, json={"title": f"Blouse {round_}"})
            entry = await entry_of(first, entity="product")
            answers = await asyncio.gather(*(revert(one, entry) for one in (first, other) * 3))
            assert sorted(one.status_code for one in answers) == [200] + [409] * 5
            lost = [one for one in answers if one.status_code == 409]
            assert {_conflict(one) for one in lost} == {(409, "conflict", "title")}
            assert await _title(other, path) == "Shirt"

        # The writer has the row first: the revert waits for it, and finds its title.
        await first.post(path, json={"title": "Blouse"})
        entry = await entry_of(first, entity="product")
        lock = "SELECT FROM product WHERE id = $1 FOR UPDATE"
        async with holding(database, lock, product["id"]) as tx:
            undoing = [asyncio.create_task(revert(one, entry)) for one in (first, other)]
            await until_waiting(database, 2)
            await tx.execute("UPDATE product SET title = 'Dress' WHERE id = $1", product["id"])
        undone = [await one for one in undoing]
        assert {_conflict(one) for one in undone} == {(409, "conflict", "title")}
        assert await _title(other, path) == "Dress"

        # Writers of other fields and the reverts go on side by side, and none is lost.
        entry = await entry_of(first, entity="product")
        subtitles = [other.post(path, json={"subtitle": str(number)}) for number in range(5)]
        answers = await asyncio.gather(revert(first, entry), *subtitles)
        assert {one.status_code for one in answers} == {200}, [one.text for one in answers]
        assert await _title(other, path) == "Blouse"
        seen = (await first.get(f"{path}?fields=subtitle")).json()["product"]["subtitle"]
        assert seen in map(str, range(5))
