"""How workers stop: they first report that they are not ready, then finish running requests."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.server import address_of, started
from tests.server import running_server as running

from .journeys import log_in

pytestmark = pytest.mark.slow


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_sigterm_first_says_not_ready_and_finishes_what_runs(
    folder: Path, clone_url: str, thread: ThreadPoolExecutor
) -> None:
    with running(clone_url, folder, DRAIN_SECONDS="3") as server:
        token = log_in(server.url, server.password, server.email)
        admin = httpx.Client(
            base_url=server.url, headers={"authorization": f"Bearer {token}"}, timeout=30
        )
        assert admin.get("/ready").status_code == 200

        # A body that comes slowly: the request runs longer than requests are taken.
        def slowly() -> Iterator[bytes]:
            yield b'{"name": '
            time.sleep(4)
            yield b'"Regulars"}'

        sent = thread.submit(
            admin.post,
            "/admin/customer-groups",
            content=slowly(),
            headers={"content-type": "application/json"},
        )
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)

        assert httpx.get(f"{server.url}/ready").status_code == 503
        assert httpx.get(f"{server.url}/health").status_code == 200
        assert admin.get("/admin/customer-groups").status_code == 200
        assert sent.result().status_code == 200
        assert server.process.wait(20) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/health")


def test_a_second_sigterm_ends_the_wait(folder: Path, clone_url: str) -> None:
    with running(clone_url, folder, DRAIN_SECONDS="60") as server:
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert httpx.get(f"{server.url}/ready").status_code == 503

        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(20) == 0


def test_who_watches_over_workers_does_not_load_the_shop(folder: Path, clone_url: str) -> None:
    options = "--port", "0", "--workers", "2"
    with started(folder, *options, fresh=True, DATABASE_URL=clone_url) as process:
        address_of(process)
        watcher = psutil.Process(process.pid)
        workers = [child for child in watcher.children() if _has_loaded(child)]

        assert not _has_loaded(watcher)
        assert len(workers) == 2
        assert watcher.memory_full_info().uss < 50 * 2**20


def _has_loaded(process: psutil.Process) -> bool:
    """Whether it has loaded the driver of the database."""
    return "/asyncpg/" in Path(f"/proc/{process.pid}/maps").read_text()


def test_several_workers_are_refused_an_old_schema_as_one_is(folder: Path, empty_url: str) -> None:
    with started(folder, "--port", "0", "--workers", "2", DATABASE_URL=empty_url) as process:
        assert process.wait(30) == 1

    words = (folder / "stderr").read_text()
    assert "run `merx migrate`" in words
    assert "Traceback" not in words
