"""Bulk jobs of a shop whose PostgreSQL is killed, or whose disk is full: the job goes on by itself,
no line is lost and none is done twice."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from merx.cli.database import run_in_transaction
from merx.core.database import Transaction
from merx.core.embedded import EmbeddedPostgres
from merx.outbox.jobs import make_due
from tests.cli.test_bulk import check_once, done, new_products, until
from tests.cli.test_full_disk import disk, fill
from tests.server import address_of, said_after, started
from tests.sql import fetch_value

pytestmark = pytest.mark.slow

__all__ = ["disk"]

LINES = 2000


async def hurry(tx: Transaction) -> None:
    """Let the job of jobs run now: else that is when the time of the run that failed is up."""
    await make_due(tx, "bulk-jobs")


def sent(url: str, password: str) -> None:
    with httpx.Client(base_url=url, timeout=60) as admin:
        login = {"email": "admin@example.com", "password": password}
        token = admin.post("/auth/user/emailpass", json=login).json()["token"]
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/x-ndjson",
        }
        answer = admin.post("/admin/bulk", content=new_products(LINES), headers=headers)
    assert answer.status_code == 202, answer.text


def is_done(url: str) -> bool:
    try:
        return fetch_value(url, "SELECT state FROM bulk_job") == "done"
    except Exception:
        return False


def test_postgresql_is_killed(folder: Path) -> None:
    with started(folder, "--demo", "--port", "0") as process:
        address = address_of(process)
        password = said_after(process, "Password: ").split()[0]
        url = EmbeddedPostgres(folder / "postgres").url()
        before = fetch_value(url, "SELECT count(*) FROM product")
        told = fetch_value(url, CREATED)
        sent(address, password)
        until(lambda: done(url) > 100)
        postmaster = folder / "postgres" / "data" / "postmaster.pid"
        os.kill(int(postmaster.read_text().split()[0]), signal.SIGKILL)
        until(lambda: is_up(url))
        cut = done(url)
        run_in_transaction(url, hurry)
        until(lambda: is_done(url))

        assert 0 < cut < LINES
        check_once(url, LINES, before=before, told=told)


def is_up(url: str) -> bool:
    try:
        return fetch_value(url, "SELECT 1") == 1
    except Exception:
        return False


CREATED = (
    "SELECT coalesce(sum(jsonb_array_length(ids)), 0) FROM event WHERE name = 'product.created'"
)


def test_the_disk_is_full(disk: Path) -> None:
    with started(disk, "--demo", "--port", "0") as process:
        address = address_of(process)
        password = said_after(process, "Password: ").split()[0]
        url = EmbeddedPostgres(disk / "postgres").url()
        before, told = fetch_value(url, "SELECT count(*) FROM product"), fetch_value(url, CREATED)
        sent(address, password)
        until(lambda: done(url) > 100)
        filler = fill(disk)
        until(lambda: not is_writable(url))
        cut = done(url)
        filler.unlink()
        until(lambda: is_writable(url))
        run_in_transaction(url, hurry)
        until(lambda: is_done(url), seconds=60)

        assert 0 < cut < LINES
        check_once(url, LINES, before=before, told=told)


def is_writable(url: str) -> bool:
    try:
        fetch_value(url, "CREATE TABLE filling AS SELECT repeat(md5(n::text), 99) AS text"
                         " FROM generate_series(1, 2000) n")  # fmt: skip
        fetch_value(url, "DROP TABLE filling")
    except Exception:
        return False
    return True
