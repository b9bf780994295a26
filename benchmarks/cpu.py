"""CPU time of processes: unlike wall-clock time it hardly depends on the load of the machine."""

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'merx'"


class CPU:
    """The total CPU time of some processes, with all their threads, since `begin`."""

    def __init__(self, find: Callable[[], Awaitable[Sequence[int]]]) -> None:
        self._find = find
        self._pids: Sequence[int] = ()
        self._before = 0

    async def begin(self) -> None:
        """List the processes (a pool opens connections on demand), and start counting."""
        self._pids = await self._find()
        self._before = self._spent()

    def ms(self) -> float:
        """Milliseconds; 0 if the system does not report them (it is not Linux)."""
        return (self._spent() - self._before) / 1_000_000

    def _spent(self) -> int:
        return sum(_nanoseconds(pid) for pid in self._pids)


def cpu_of_merx(database: Any, server: int) -> CPU:
    """The server process and its database sessions."""

    async def find() -> list[int]:
        return [server, *(record[0] for record in await database.fetch(_SESSIONS))]

    return CPU(find)


def cpu_of_floor(database: Any) -> CPU:
    """This process, which encodes and decodes, and its database session."""

    async def find() -> list[int]:
        return [os.getpid(), database.get_server_pid()]

    return CPU(find)


def cpu_of_nobody() -> CPU:
    """For a server that may be on another machine: 0."""

    async def find() -> list[int]:
        return []

    return CPU(find)


def _nanoseconds(pid: int) -> int:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
    except OSError:
        return 0
