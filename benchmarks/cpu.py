"""CPU time of processes: unlike time on the clock it hardly changes when others use the machine."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_MERX = "SELECT pid FROM pg_stat_activity WHERE application_name = 'merx' AND backend_type = $1"


class CPU:
    """The CPU time of some processes together, all their threads."""

    def __init__(self, pids: Sequence[int] = ()) -> None:
        self._pids = pids

    def ms(self) -> float:
        """Milliseconds since they began; 0 where the system does not tell (it is not Linux)."""
        return sum(_nanoseconds(pid) for pid in self._pids) / 1_000_000


async def cpu_of_merx(database: Any, server: int) -> CPU:
    """The server process and its sessions of the database, as many as there are now."""
    records = await database.fetch(_MERX, "client backend")
    return CPU([server, *(record[0] for record in records)])


def cpu_of_floor(database: Any) -> CPU:
    """This process, which encodes and decodes, and its session of the database."""
    return CPU([os.getpid(), database.get_server_pid()])


def _nanoseconds(pid: int) -> int:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
    except OSError:
        return 0
