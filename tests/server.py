"""A real server process, for tests that need sockets, several connections or a kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from merx.cli.database import run_in_transaction
from merx.workflows.people.user_accounts import create_user
from tests.processes import Forked

Process = Forked | subprocess.Popen[str]
EMAIL = "admin@shop.test"
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Server:
    """A running `merx start` and its admin user."""

    url: str
    database_url: str
    process: Process
    email: str = EMAIL
    password: str = PASSWORD


@contextmanager
def running_server(
    database_url: str, folder: Path, *options: str, **settings: str
) -> Iterator[Server]:
    """`merx start` on a migrated database without users; settings are variables without MERX_."""
    # The caller may be inside an event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(create_admin, database_url).result()
    with started(folder, "--port", "0", *options, DATABASE_URL=database_url, **settings) as process:
        yield Server(address_of(process), database_url, process)


def create_admin(url: str) -> None:
    """The admin user of a server on this database."""
    run_in_transaction(url, lambda tx: create_user(tx, email=EMAIL, password=PASSWORD))


@contextmanager
def started(folder: Path, *options: str, fresh: bool = False, **settings: str) -> Iterator[Process]:
    """A process of `merx start` in a session of its own; stopped at the end as by Ctrl-C.

    `fresh`: it and its workers begin with nothing loaded, as from a shell.
    """
    defaults = {"DATA_DIR": str(folder), "ACCESS_LOG": "off", "LOG_LEVEL": "warning"}
    variables = {f"MERX_{name}": value for name, value in {**defaults, **settings}.items()}
    # Compiled modules are kept: compiling them takes longer than everything else in a start.
    variables["PYTHONDONTWRITEBYTECODE"] = ""
    begun = _begun if fresh else Forked
    stderr, environment = folder / "stderr", {**os.environ, **variables}
    process = begun(
        "merx", "start", *options, environment=environment, folder=folder, stderr=stderr
    )
    try:
        yield process
    except Exception as failure:
        failure.add_note(stderr.read_text())
        raise
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=40)


def _begun(
    module: str, *arguments: str, environment: dict[str, str], folder: Path, stderr: Path
) -> subprocess.Popen[str]:
    with stderr.open("w") as file:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            start_new_session=True,
            cwd=folder,
        )


def address_of(process: Process) -> str:
    """Where it serves, as it says when it does."""
    return said_after(process, "Merx runs on ").split()[0]


def said_after(process: Process, words: str) -> str:
    """The rest of the next line that begins with these words."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(words):
            return line.removeprefix(words)
    raise AssertionError("merx start failed: see `stderr` in its folder")
