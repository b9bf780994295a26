"""`merx start` as a process: what it prints, how it stops, what it refuses."""

import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from merx.core.embedded import EmbeddedPostgres
from tests.server import address_of, said_after, started
from tests.sql import fetch_value

from .journeys import bought, count_products, log_in
from .old_postgres import old_postgres

pytestmark = pytest.mark.slow


def test_demo_start_serves_a_shop_that_the_second_start_keeps(folder: Path) -> None:
    with started(folder, "--demo", "--port", "0", fresh=True, LOG_LEVEL="info") as first:
        url = address_of(first)
        password = said_after(first, "Password: ").split()[0]
        token = log_in(url, password)
        products = count_products(url, token)
        assert products > 0
        key = said_after(first, "Storefront key: ").strip()
        assert bought(url, key) == "order"
        first.send_signal(signal.SIGINT)
        assert first.wait(20) == 0
    assert (folder / "stderr").read_text() == ""

    with started(folder, "--demo", "--port", "0") as second:
        url = address_of(second)
        assert "user password --email admin@example.com" in said_after(second, "Password: ")
        # The secrets were kept too: nobody is logged out by a restart.
        assert count_products(url, token) == products
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0


def test_it_stops_its_database_after_its_workers(folder: Path) -> None:
    with started(folder, "--port", "0", "--workers", "2") as process:
        assert httpx.get(f"{address_of(process)}/health").text == "OK"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0

    assert (folder / "stderr").read_text() == ""
    with EmbeddedPostgres(folder / "postgres") as server:
        assert server.was_started


def test_workers_end_with_a_killed_parent(folder: Path, clone_url: str) -> None:
    with started(folder, "--port", "0", "--workers", "2", DATABASE_URL=clone_url) as process:
        url = address_of(process)
        process.kill()
        process.wait()

        until_refused(url)


def test_workers_that_still_load_end_with_a_killed_parent(folder: Path, clone_url: str) -> None:
    options = "--port", "0", "--workers", "2"
    with started(folder, *options, fresh=True, DATABASE_URL=clone_url) as process:
        until_children(process.pid, 2)
        process.kill()

        # The output ends with the last process that could write to it.
        process.communicate(timeout=20)


def test_a_worker_that_waits_for_the_database_stops_when_told(folder: Path, clone_url: str) -> None:
    with started(folder, "--port", "0", "--workers", "2", DATABASE_URL=clone_url) as process:
        address_of(process)
        shut(clone_url)
        os.kill(psutil.Process(process.pid).children()[-1].pid, signal.SIGKILL)
        until_said(folder / "stderr", "the database is away")

        process.send_signal(signal.SIGINT)

        assert process.wait(15) == 0


def test_a_shop_whose_workers_do_not_start_fails(
    folder: Path, clone_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder))
    (folder / "failing.py").write_text(_FAILING)
    options = "--port", "0", "--workers", "2"
    settings = {"DATABASE_URL": clone_url, "EXTENSIONS": "failing:FAILING"}
    with started(folder, *options, **settings) as process:
        assert process.wait(60) == 1

    assert "there is no paper" in (folder / "stderr").read_text()


_FAILING = """
from merx.extension import Extension

async def prepare(tx, services):
    raise RuntimeError("there is no paper")

FAILING = Extension("failing", prepare=prepare)
"""


def test_localhost_is_served_at_all_its_addresses(server_url: str) -> None:
    port = int(server_url.rpartition(":")[2])
    for *_, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        socket.create_connection(address[:2], timeout=5).close()


def test_a_taken_port_is_refused(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        refused(folder, f"The port {port} is taken", "--host", "127.0.0.1", "--port", port)


def test_a_data_folder_that_is_no_folder_is_refused(folder: Path) -> None:
    (folder / "file").touch()

    refused(folder, "MERX_DATA_DIR", "--port", "0", DATA_DIR=str(folder / "file"))


def test_a_data_folder_that_is_not_writable_is_refused(folder: Path) -> None:
    # Root may write everywhere but in the kernel's own folders.
    parent = Path("/sys") if os.geteuid() == 0 else folder / "closed"
    if parent.parent == folder:
        parent.mkdir(mode=0o500)

    refused(folder, "MERX_DATA_DIR", "--port", "0", DATA_DIR=str(parent / "merx"))


def test_an_unreachable_database_is_refused(folder: Path) -> None:
    url = "postgresql://shop@127.0.0.1:1/shop"

    refused(folder, "The database cannot be reached", "--port", "0", DATABASE_URL=url)


def test_a_url_that_is_none_is_refused(folder: Path) -> None:
    refused(folder, "must be postgresql://", "--port", "0", DATABASE_URL="mysql://x/y")


def test_an_old_postgresql_is_refused(folder: Path) -> None:
    with old_postgres("14.9") as url:
        refused(folder, "PostgreSQL 14: Merx needs 15 or newer", "--port", "0", DATABASE_URL=url)


def test_a_database_newer_than_the_code_is_refused(folder: Path, clone_url: str) -> None:
    fetch_value(clone_url, "UPDATE alembic_version SET version_num = '9999'")
    fetch_value(clone_url, "COMMENT ON TABLE alembic_version IS '9998'")

    refused(folder, "newer than this Merx", "--port", "0", DATABASE_URL=clone_url)


def test_a_database_of_ones_own_is_migrated_only_when_told(folder: Path, empty_url: str) -> None:
    refused(folder, "run `merx migrate`", "--port", "0", DATABASE_URL=empty_url)

    with started(folder, "--migrate", "--port", "0", DATABASE_URL=empty_url) as process:
        assert httpx.get(f"{address_of(process)}/health").text == "OK"


def test_production_without_secrets_is_refused(folder: Path, clone_url: str) -> None:
    refused(
        folder,
        "Set MERX_COOKIE_SECRET to 32 characters or more",
        MODE="production",
        JWT_SECRET="long enough to be a secret of a shop",
        COOKIE_SECRET="short",
        DATABASE_URL=clone_url,
    )


def test_production_gets_no_demo_data(folder: Path) -> None:
    secret = "long enough to be a secret of a shop"

    refused(
        folder,
        "demo data is refused",
        "--demo",
        MODE="production",
        JWT_SECRET=secret,
        COOKIE_SECRET=secret,
    )


def refused(folder: Path, reason: str, *options: str, **settings: str) -> None:
    """The start ends with one line that gives the reason, and leaves no database running."""
    with started(folder, *options, **settings) as process:
        assert process.wait(60) == 1
    said = (folder / "stderr").read_text()
    assert reason in said
    assert said.startswith("merx: ")
    assert said.count("\n") == 1


def until_refused(url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{url}/health", timeout=0.2)
        except httpx.ConnectError:
            return
        except httpx.TransportError:
            continue
    raise AssertionError("workers outlived their parent")


def shut(url: str) -> None:
    """End all connections to a database, and refuse new ones."""
    name = urlsplit(url).path[1:]
    neighbour = url.replace(f"/{name}", "/postgres", 1)
    fetch_value(neighbour, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    fetch_value(
        neighbour,
        f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'",
    )


def until_said(file: Path, words: str) -> None:
    deadline = time.monotonic() + 20
    while words not in file.read_text():
        assert time.monotonic() < deadline, words
        time.sleep(0.05)


def until_children(parent: int, count: int) -> None:
    """Wait until a process has started so many of its kind."""
    for _ in range(1000):
        if len(psutil.Process(parent).children()) >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"not {count} processes")
