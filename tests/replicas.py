"""A primary and its standby: two clusters of the embedded PostgreSQL."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil

from merx.core.embedded import EmbeddedPostgres, programs
from tests.databases import SETTINGS, scratch

REPLICATED = {
    **SETTINGS,
    "wal_level": "replica",
    "max_wal_senders": "5",
    "shared_buffers": "64MB",
    "synchronous_commit": "on",
}


@dataclass(frozen=True)
class Node:
    """One of the two clusters."""

    server: EmbeddedPostgres
    folder: Path

    def url(self, database: str) -> str:
        return self.server.url(database)

    @property
    def host(self) -> str:
        """The folder of its socket."""
        [host] = parse_qs(urlsplit(self.server.url()).query)["host"]
        return host

    def promote(self) -> None:
        """Make it the primary."""
        self._control("promote")

    def kill(self) -> None:
        """As when the machine loses power."""
        processes = self._processes()
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, timeout=10)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It says nothing while the block runs."""
        processes = self._processes()
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                process.send_signal(signal.SIGCONT)

    def _processes(self) -> list[psutil.Process]:
        pid_file = self.folder / "data" / "postmaster.pid"
        main = psutil.Process(int(pid_file.read_text().split()[0]))
        return [main, *main.children(recursive=True)]

    def _control(self, verb: str) -> None:
        run_as_owner(self.folder, "pg_ctl", verb, "-w", "-D", str(self.folder / "data"))


def run_as_owner(folder: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the user whose cluster is in `folder`."""
    status = folder.stat()
    who = {"user": status.st_uid, "group": status.st_gid} if os.geteuid() == 0 else {}
    subprocess.run(
        [programs() / program, *arguments], check=True, cwd="/", capture_output=True, **who
    )


@contextmanager
def replicated() -> Iterator[tuple[Node, Node]]:
    """A primary and a standby of it, with one database `merx` that is empty."""
    with tempfile.TemporaryDirectory(prefix="merx-", dir=scratch()) as name:
        first, second = Path(name) / "a", Path(name) / "b"
        with EmbeddedPostgres(first, REPLICATED) as primary:
            node = Node(primary, first)
            copy(node, second)
            with EmbeddedPostgres(second, REPLICATED) as standby:
                yield node, Node(standby, second)


def copy(primary: Node, folder: Path) -> None:
    """Lay a standby of a running primary into `folder`."""
    folder.mkdir(mode=0o700)
    status = primary.folder.stat()
    os.chown(folder, status.st_uid, status.st_gid)
    target = f"host={primary.host} user=merx"
    options = ("--checkpoint=fast", "--write-recovery-conf", "--no-sync")
    run_as_owner(folder, "pg_basebackup", "-D", str(folder / "data"), "--dbname", target, *options)
