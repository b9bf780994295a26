"""The recipe of deploy/ha on loopback: etcd, two nodes of Patroni, HAProxy, two of Merx."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx
import psutil
import pytest

from merx.cli.migrate import migrate_database
from merx.core.embedded import programs
from merx.core.embedded.owner import owner_of
from tests.server import create_admin, started
from tests.sql import fetch_value

RECIPE = Path(__file__).parents[2] / "deploy" / "ha"
PASSWORD = "of the tests"
_SECRET = "a secret of the tests that is long enough"
_SECRETS = {"JWT_SECRET": _SECRET, "COOKIE_SECRET": _SECRET}


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        pytest.exit(f"{name} is not installed: deploy/ha/README.md says how", 1)
    return found


@dataclass
class Node:
    """One node of Patroni with its PostgreSQL."""

    name: str
    folder: Path
    port: int
    rest: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, etcd: int) -> None:
        """Start Patroni as the user that owns the folder."""
        settings = {
            "NAME": self.name,
            "ETCD3_HOSTS": f"127.0.0.1:{etcd}",
            "RESTAPI_LISTEN": f"127.0.0.1:{self.rest}",
            "RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{self.rest}",
            "POSTGRESQL_LISTEN": f"127.0.0.1:{self.port}",
            "POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{self.port}",
            "POSTGRESQL_DATA_DIR": str(self.folder / "data"),
            "POSTGRESQL_BIN_DIR": str(programs()),
            "POSTGRESQL_PGPASS": str(self.folder / "pgpass"),
            "SUPERUSER_USERNAME": "postgres",
            "SUPERUSER_PASSWORD": PASSWORD,
            "REPLICATION_USERNAME": "replicator",
            "REPLICATION_PASSWORD": PASSWORD,
        }
        owner = owner_of(self.folder)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program("patroni"), str(RECIPE / "patroni.yml")],
                env={"PATH": os.defpath} | {f"PATRONI_{k}": v for k, v in settings.items()},
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=owner.uid,
                group=owner.gid,
                extra_groups=None if owner.gid is None else [],
                start_new_session=True,
            )

    def answers(self, path: str) -> bool:
        """Whether Patroni says yes to a question of its health checks."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.rest}{path}", timeout=3).status_code == 200
        except httpx.TransportError:
            return False

    def send(self, number: signal.Signals) -> None:
        """To Patroni and to its PostgreSQL, as when the machine stops."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def processes(self) -> list[psutil.Process]:
        """Patroni and what runs on its data."""
        is_alive = self.process is not None and self.process.poll() is None
        found = [psutil.Process(self.process.pid)] if is_alive else []
        pid_file = self.folder / "data" / "postmaster.pid"
        if pid_file.exists():
            pid = int(pid_file.read_text().split()[0])
            if psutil.pid_exists(pid):
                main = psutil.Process(pid)
                found += [main, *main.children(recursive=True)]
        return [one for one in dict.fromkeys(found) if one.is_running()]

    def stop(self) -> None:
        """End it at once; what it wrote stays."""
        processes = self.processes()
        for process in processes:
            for number in (signal.SIGCONT, signal.SIGKILL):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
        psutil.wait_procs(processes, timeout=10)
        if self.process is not None:
            self.process.wait(10)


@dataclass(frozen=True)
class Shop:
    """What a test of the recipe talks to; `url` is HAProxy before both nodes of Merx."""

    nodes: list[Node]
    url: str
    database_url: str
    etcd: int

    def leader(self) -> Node:
        """The node that takes writes."""
        return next(node for node in self.nodes if node.answers("/primary"))


def wait_for(question: Callable[[], bool], seconds: float = 90) -> None:
    """Until the answer is yes."""
    for _ in range(int(seconds * 4)):
        if question():
            return
        time.sleep(0.25)
    pytest.fail(f"not within {seconds} s: {question}")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextmanager
def running_recipe(folder: Path) -> Iterator[Shop]:
    """All of it, until the block ends."""
    etcd, peer, primary, standbys, front, *ports = free_ports(11)
    nodes = [Node(f"db{n + 1}", folder / f"db{n + 1}", ports[n], ports[2 + n]) for n in range(2)]
    merx = ports[4:6]
    database_url = f"postgresql://merx:{quote(PASSWORD)}@127.0.0.1:{primary}/merx"
    read_url = f"postgresql://merx:{quote(PASSWORD)}@127.0.0.1:{standbys}/merx"
    with ExitStack() as running:
        running.enter_context(_etcd(folder, etcd, peer))
        for node in nodes:
            node.folder.mkdir()
            node.start(etcd)
            running.callback(node.stop)
        wait_for(lambda: any(node.answers("/primary") for node in nodes))
        wait_for(lambda: any(node.answers("/sync") for node in nodes))
        addresses = {
            "PRIMARY_BIND": f"127.0.0.1:{primary}",
            "STANDBYS_BIND": f"127.0.0.1:{standbys}",
            "MERX_BIND": f"127.0.0.1:{front}",
            "MERX1": f"127.0.0.1:{merx[0]}",
            "MERX2": f"127.0.0.1:{merx[1]}",
        }
        for name, node in zip(("DB1", "DB2"), nodes, strict=True):
            addresses[name] = f"127.0.0.1:{node.port}"
            addresses[f"{name}_CHECK_HOST"] = "127.0.0.1"
            addresses[f"{name}_CHECK_PORT"] = str(node.rest)
        proxy = [program("haproxy"), "-q", "-f", str(RECIPE / "haproxy.cfg")]
        running.enter_context(_process(proxy, folder / "haproxy.log", addresses))
        _make_database(next(node for node in nodes if node.answers("/primary")))
        wait_for(lambda: _takes_connections(database_url))
        migrate_database(database_url)
        create_admin(database_url)
        for port in merx:
            own = folder / f"merx{port}"
            own.mkdir()
            settings = {**_SECRETS, "DATABASE_URL": database_url, "READ_DATABASE_URL": read_url}
            running.enter_context(started(own, "--port", str(port), **settings))
        url = f"http://127.0.0.1:{front}"
        wait_for(lambda: httpx.get(f"{url}/ready").status_code == 200)
        yield Shop(nodes, url, database_url, etcd)


@contextmanager
def _process(command: list[str], log: Path, variables: dict[str, str]) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={"PATH": os.defpath, **variables},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


def _etcd(folder: Path, port: int, peer: int) -> AbstractContextManager[None]:
    client, between = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
    command = [
        *(program("etcd"), "--name", "etcd1", "--data-dir", str(folder / "etcd")),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", between, "--initial-advertise-peer-urls", between),
        *("--initial-cluster", f"etcd1={between}", "--logger", "zap"),
    ]
    return _process(command, folder / "etcd.log", {})


def _make_database(leader: Node) -> None:
    url = f"postgresql://postgres:{quote(PASSWORD)}@127.0.0.1:{leader.port}/postgres"
    fetch_value(url, f"CREATE ROLE merx LOGIN PASSWORD '{PASSWORD}'")
    fetch_value(url, "CREATE DATABASE merx OWNER merx")


def _takes_connections(url: str) -> bool:
    try:
        return fetch_value(url, "SELECT true")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
