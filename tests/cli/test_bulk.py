"""`merx bulk run`, and bulk jobs whose process is killed: no line is lost, none is done twice."""

import gzip
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from merx.cli.database import run_in_transaction
from merx.core.database import Transaction
from merx.outbox.jobs import make_due
from tests.factories.keys import make_key as new_key
from tests.processes import Forked
from tests.server import EMAIL, PASSWORD, Server, running_server, started
from tests.sql import fetch_value

from .conftest import Merx

LINES = 3000


def new_products(count: int) -> str:
    """Lines that cannot be done twice: a handle is taken once."""
    rows = (
        {"op": "create", "type": "product", "title": f"P {n}", "handle": f"p-{n}",
         "options": [{"title": "Size", "values": ["S"]}]}
        for n in range(count)
    )  # fmt: skip
    return "".join(json.dumps(row) + "\n" for row in rows)


def until(is_so: Callable[[], bool], seconds: float = 40) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it did not come to that in time"
        time.sleep(0.05)


def done(url: str) -> int:
    return fetch_value(url, "SELECT coalesce(max(done), 0) FROM bulk_job")


def results(url: str) -> list[dict[str, Any]]:
    text = fetch_value(url, "SELECT string_agg(results, '' ORDER BY first_line) FROM bulk_result")
    return [json.loads(line) for line in (text or "").splitlines()]


def check_once(url: str, count: int, *, before: int = 0, told: int = 0) -> None:
    """Each line was written, and once; there were products and events of them before."""
    outcomes = results(url)
    assert Counter(one["ok"] for one in outcomes) == {True: count}
    assert [one["line"] for one in outcomes] == list(range(1, count + 1))
    assert fetch_value(url, "SELECT count(*) FROM product") == before + count
    counted = "SELECT sum(jsonb_array_length(ids)) FROM event WHERE name = 'product.created'"
    assert fetch_value(url, counted) == told + count
    states = "SELECT string_agg(state || ' ' || done || ' ' || succeeded, ',') FROM bulk_job"
    assert fetch_value(url, states) == f"done {count} {count}"


def send(server: Server, body: bytes) -> httpx.Response:
    with httpx.Client(base_url=server.url, timeout=60) as admin:
        login = {"email": EMAIL, "password": PASSWORD}
        token = admin.post("/auth/user/emailpass", json=login).json()["token"]
        admin.headers["authorization"] = f"Bearer {token}"
        headers = {"content-type": "application/x-ndjson"}
        return admin.post("/admin/bulk", content=body, headers=headers)


@pytest.mark.slow
def test_a_server_that_is_killed_goes_on_where_it_was(clone_url: str, folder: Path) -> None:
    files = str(folder / "files")
    with running_server(clone_url, folder, FILES=files) as first:
        sent = send(first, new_products(LINES).encode())
        assert sent.status_code == 202
        until(lambda: done(clone_url) > 200)
        os.killpg(first.process.pid, signal.SIGKILL)
        first.process.wait()
    cut = done(clone_url)

    async def hurry(tx: Transaction) -> None:
        await make_due(tx, "bulk-jobs")

    # Otherwise another process continues when the dead one's lease has expired.
    run_in_transaction(clone_url, hurry)
    with started(folder, "--port", "0", DATABASE_URL=clone_url, FILES=files):
        until(lambda: fetch_value(clone_url, "SELECT state FROM bulk_job") == "done")

    assert 0 < cut < LINES
    check_once(clone_url, LINES)


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_where_it_was(
    merx: Merx, clone_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "rows.ndjson.gz"
    file.write_bytes(gzip.compress(new_products(LINES).encode()))
    environment = {**os.environ, "MERX_DATABASE_URL": clone_url, "MERX_DATA_DIR": str(tmp_path)}
    process = Forked(
        "merx", "bulk", "run", str(file), environment=environment, stderr=Path(os.devnull)
    )
    until(lambda: done(clone_url) > 200)
    process.kill()
    process.communicate()
    cut = done(clone_url)

    ended = merx("bulk", "run", str(file), DATABASE_URL=clone_url)

    assert 0 < cut < LINES
    assert f"Goes on behind line {done_before(ended.err):,}." in ended.err
    assert (ended.code, ended.out) == (0, f"{LINES:,} rows are written, 0 failed.\n")
    check_once(clone_url, LINES)


def done_before(err: str) -> int:
    [line] = [one for one in err.splitlines() if one.startswith("Goes on behind line ")]
    return int(line.split()[-1].rstrip(".").replace(",", ""))


def test_rows_are_written_and_failures_told(merx: Merx, clone_url: str, tmp_path: Path) -> None:
    file, told = tmp_path / "rows.ndjson", tmp_path / "results.ndjson"
    file.write_text(new_products(3) + "nonsense\n")

    ended = merx("bulk", "run", str(file), "--results", str(told), DATABASE_URL=clone_url)
    again = merx("bulk", "run", str(file), DATABASE_URL=clone_url)
    empty = tmp_path / "empty.ndjson"
    empty.write_text("")
    nothing = merx("bulk", "run", str(empty), DATABASE_URL=clone_url)

    assert (ended.code, ended.out) == (1, "3 rows are written, 1 failed.\n")
    assert '"line":4' in ended.err
    assert ended.err.endswith(f"merx: 1 lines failed; {told} tells of each\n")
    kept = [json.loads(line)["ok"] for line in told.read_text().splitlines()]
    assert kept == [True, True, True, False]
    assert again.out == "0 rows are written, 4 failed.\n"
    assert nothing.code == 1
    assert nothing.err.endswith(f"merx: {empty} is empty\n")


def test_rows_are_sent_to_a_server(merx: Merx, server: Server, tmp_path: Path) -> None:
    async def make_key(tx: Transaction) -> str:
        return (await new_key(tx, "secret"))[1]

    key = run_in_transaction(server.database_url, make_key)
    file, told = tmp_path / "rows.ndjson.gz", tmp_path / "results.ndjson"
    rows = [{"op": "delete", "type": "product", "id": "nobody"}, {"op": "no"}]
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))

    arguments = ("bulk", "run", str(file), "--results", str(told), "--url", server.url)
    ended = merx(*arguments, "--api-key", key)
    stranger = merx(*arguments, "--api-key", "sk_unknown")
    keyless = merx(*arguments)

    assert ended.out == "1 rows are written, 1 failed.\n"
    assert "Field 'type' is required" in ended.err
    assert len(told.read_text().splitlines()) == 2
    assert (stranger.code, stranger.err.splitlines()[-1]) == (
        1,
        "merx: The server answers 401: Unauthorized",
    )
    words = "merx: A server needs a secret API key: --api-key or MERX_API_KEY\n"
    assert keyless.err.endswith(words)
