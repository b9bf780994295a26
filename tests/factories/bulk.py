"""Bulk jobs as tests send and read them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from merx.core.database import Database
from merx.providers.file import StoredFiles
from merx.subscribers.bulk_jobs import run_bulk_jobs
from tests.answers import good

NDJSON = {"content-type": "application/x-ndjson"}
Row = dict[str, Any]


def lines(rows: Sequence[Row]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@dataclass(frozen=True)
class Ended:
    """A job that has ended, and the results of its lines."""

    job: dict[str, Any]
    results: list[dict[str, Any]]

    @property
    def errors(self) -> dict[int, tuple[str, str, str]]:
        """Type, path and message by line."""
        told = ((one["line"], one["error"]) for one in self.results if not one["ok"])
        return {line: (error["type"], error["path"], error["message"]) for line, error in told}


@dataclass(frozen=True)
class Bulk:
    """Sends rows and runs their job."""

    admin: httpx.AsyncClient
    database: Database
    files: StoredFiles

    async def send(self, body: bytes, **headers: str) -> httpx.Response:
        return await self.admin.post("/admin/bulk", content=body, headers={**NDJSON, **headers})

    async def run(self, *rows: Row) -> Ended:
        return await self.run_bytes(lines(rows))

    async def run_bytes(self, body: bytes, **headers: str) -> Ended:
        asked = await self.send(body, **headers)
        assert asked.status_code == 202, asked.text
        await run_bulk_jobs(self.database, self.files)
        return await self.ended(asked.json()["bulk_job"]["id"])

    async def ended(self, job_id: str) -> Ended:
        job = good(await self.admin.get(f"/admin/bulk/{job_id}"))["bulk_job"]
        told = await self.admin.get(f"/admin/bulk/{job_id}/results")
        return Ended(job, [json.loads(line) for line in told.text.splitlines()])
