"""A shop to measure: `merx start` in a separate process, with its own embedded database."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.wire import Connection
from merx.core.database import Database
from merx.core.embedded import EmbeddedPostgres
from merx.workflows.people.user_accounts import create_user

EMAIL = "bench@example.com"
PASSWORD = "only-for-the-benchmark"
_START_SECONDS = 120
_MIB = 1024


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its address, process and the seconds from its start to the first answer."""

    url: str
    pid: int
    start_seconds: float

    def memory(self) -> tuple[float, float]:
        """MiB of memory that the process uses now, and its peak."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        values = {name: text for name, _, text in (line.partition(":") for line in lines)}
        return tuple(int(values[name].split()[0]) / _MIB for name in ("VmRSS", "VmHWM"))  # pyright: ignore[reportReturnType]


def database_url(folder: Path) -> str:
    """The embedded database of the shop in the folder, while it runs."""
    return EmbeddedPostgres(folder / "postgres").url()


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncGenerator[Server]:
    """`merx start` with one worker and default settings, except for the log."""
    port = _free_port()
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("MERX_")},
        "MERX_DATA_DIR": str(folder),
        "MERX_ACCESS_LOG": "false",
        "MERX_LOG_LEVEL": "error",
        **settings,
    }
    started = time.perf_counter()
    process = await _start(folder, port, environment)
    try:
        url = f"http://127.0.0.1:{port}"
        await _answer(url, process)
        yield Server(url, process.pid, time.perf_counter() - started)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def add_user(folder: Path) -> None:
    """Create a user who can log in."""
    database = Database(database_url(folder), pool_size=1)
    await database.open()
    async with database.write() as tx:
        await create_user(tx, email=EMAIL, password=PASSWORD)
    await database.close()


async def _start(
    folder: Path, port: int, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    arguments = ["-m", "merx", "start", "--host", "127.0.0.1", "--port", str(port)]
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, env=environment, stdout=asyncio.subprocess.DEVNULL
    )


async def _answer(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait for the first response."""
    limit = time.perf_counter() + _START_SECONDS
    while time.perf_counter() < limit:
        if process.returncode is not None:
            raise RuntimeError(f"merx start ended with {process.returncode}")
        try:
            connection = await Connection(url).open()
        except OSError:
            await asyncio.sleep(0.01)
            continue
        await connection.call("GET", "/health")
        connection.close()
        return
    raise RuntimeError(f"merx start did not answer within {_START_SECONDS} seconds")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
