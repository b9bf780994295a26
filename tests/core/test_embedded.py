"""The embedded PostgreSQL: who starts it, who stops it, what it survives."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import asyncpg
import psutil
import pytest

from merx.core.embedded import EmbeddedPostgres, watchdog
from merx.core.embedded import server as server_module
from merx.core.operator_errors import EmbeddedError
from tests.sql import fetch_value

HOLD = """
import sys, time
from pathlib import Path
from merx.core.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.acquire()
print("holding", flush=True)
time.sleep(60)
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a cluster without databases of its own."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", tmp_path],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("no small file system can be mounted here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder) as running:
        yield running


def test_data_outlives_a_restart(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        fetch_value(server.url(), "CREATE TABLE kept AS SELECT 1 AS one")

    with EmbeddedPostgres(folder) as server:
        assert server.was_started
        assert fetch_value(server.url(), "SELECT one FROM kept") == 1


def test_commits_are_durable(server: EmbeddedPostgres) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert fetch_value(server.url(), f"SHOW {setting}") == "on"


def test_only_the_owner_can_reach_it(server: EmbeddedPostgres, folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0
    assert fetch_value(server.url(), "SHOW listen_addresses") == ""


def test_it_runs_while_one_holds_it(folder: Path) -> None:
    first, second = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
    first.acquire()
    second.acquire()
    assert (first.was_started, second.was_started) == (True, False)

    first.release()
    assert fetch_value(second.url(), "SELECT 1") == 1

    second.release()
    with pytest.raises(OSError, match=r"No such file|refused"):
        fetch_value(second.url(), "SELECT 1")


def test_a_killed_holder_counts_no_more(folder: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"holding\n"
    holder.kill()
    holder.communicate()

    with EmbeddedPostgres(folder) as server:
        assert not server.was_started

    with pytest.raises(OSError, match=r"No such file|refused"):
        fetch_value(server.url(), "SELECT 1")


def test_it_recovers_though_another_program_has_its_process_id(folder: Path) -> None:
    owner = _dead_with_a_table(folder)
    # Its user must have the id's process, so that PostgreSQL cannot tell it from a server.
    sleeper = subprocess.Popen(
        ["sh", "-c", "read line", "/srv/postgres/data"], user=owner, stdin=subprocess.PIPE
    )
    _name_in_lock_files(folder, sleeper.pid)
    try:
        with EmbeddedPostgres(folder) as server:
            assert fetch_value(server.url(), "SELECT one FROM kept") == 1
    finally:
        sleeper.kill()
        sleeper.communicate()


def test_it_recovers_though_nobody_waited_for_its_dead_process(folder: Path) -> None:
    zombie = subprocess.Popen(["true"], user=_dead_with_a_table(folder))
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    _name_in_lock_files(folder, zombie.pid)
    try:
        with EmbeddedPostgres(folder) as server:
            assert fetch_value(server.url(), "SELECT one FROM kept") == 1
    finally:
        zombie.wait()


def _dead_with_a_table(folder: Path) -> int:
    """Kill a server, keeping what it leaves behind; who owned it."""
    left_behind = dict[Path, str]()
    with EmbeddedPostgres(folder) as server:
        fetch_value(server.url(), "CREATE TABLE kept AS SELECT 1 AS one")
        for file in _lock_files(folder):
            left_behind[file] = file.read_text()
        os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        _until_stopped(server)
        # It removes them a little later than it refuses connections.
        while any(file.exists() for file in left_behind):
            time.sleep(0.02)
    owner = (folder / "data").stat().st_uid
    for file, text in left_behind.items():
        file.write_text(text)
        os.chown(file, owner, -1)
    return owner


def _name_in_lock_files(folder: Path, pid: int) -> None:
    for file in _lock_files(folder):
        _, _, rest = file.read_text().partition("\n")
        file.write_text(f"{pid}\n{rest}")


def _lock_files(folder: Path) -> list[Path]:
    return [folder / "data" / "postmaster.pid", folder / ".s.PGSQL.5432.lock"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_it_restarts_though_a_folder_above_it_was_closed(
    server: EmbeddedPostgres, folder: Path
) -> None:
    folder.parent.chmod(0o700)
    _kill(folder)
    _until_stopped(server)

    server.restart()

    assert fetch_value(server.url(), "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_is_served_elsewhere(folder: Path) -> None:
    moved = folder.rename(folder.with_name("long" * 25))

    with EmbeddedPostgres(moved) as server:
        assert fetch_value(server.url(), "SELECT 1") == 1


def test_an_unfinished_cluster_is_made_anew(folder: Path) -> None:
    (folder / "data").rename(folder / "data.unfinished")

    with EmbeddedPostgres(folder) as server:
        assert fetch_value(server.url(), "SELECT 1") == 1


def test_one_that_cannot_be_finished_is_none(disk: Path) -> None:
    """On a full disk PostgreSQL's single-user mode fails in what it does, and ends well."""
    with pytest.raises(EmbeddedError, match=r"failed \((initdb|postgres)\): .* could not "):
        EmbeddedPostgres(disk / "postgres").acquire()

    assert not (disk / "postgres" / "data").exists()


def test_a_server_that_cannot_finish_is_stopped_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "STOP_SECONDS", 1)
    with EmbeddedPostgres(folder) as server:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        for child in psutil.Process(pid).children():
            if "checkpointer" in child.cmdline()[0]:
                child.suspend()

    assert not server.is_running()
    # It ends a moment after it has removed its lock file.
    deadline = time.monotonic() + 10
    while _is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_cluster_of_another_version_is_left_alone(folder: Path) -> None:
    (folder / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedError, match="made by PostgreSQL 17, this Merx brings 18"):
        EmbeddedPostgres(folder).acquire()


def _until_stopped(server: EmbeddedPostgres) -> None:
    while True:
        try:
            fetch_value(server.url(), "SELECT pg_sleep(0.05)")
        except OSError:
            return
        except asyncpg.PostgresError:
            continue


def test_a_server_that_dies_again_and_again_ends_the_shop(
    server: EmbeddedPostgres, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "MOST_RESTARTS", 3)
    given_up, dead, restarts = Event(), set[int](), list[float]()
    restart = EmbeddedPostgres.restart

    def counted(self: EmbeddedPostgres) -> None:
        restarts.append(time.monotonic())
        restart(self)

    monkeypatch.setattr(EmbeddedPostgres, "restart", counted)

    with watchdog.kept_running(server, given_up.set):
        deadline = time.monotonic() + 60
        while not given_up.wait(0.2) and time.monotonic() < deadline:
            if server.is_running():
                dead.add(_kill(folder))

        assert given_up.is_set()

    assert len(restarts) == 3
    # It came back in between: another process than the first was killed.
    assert 1 < len(dead) <= 1 + 3


def _kill(folder: Path) -> int:
    pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    return pid
