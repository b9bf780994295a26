"""The connections of a process, handed out and taken back many thousand times a second.

asyncpg's pool takes 70 µs of CPU for each turn, for tasks, shields and timeouts, which is more than
a small statement takes. So a connection that comes back whole waits here for whoever asks next.
Who finds none waits at asyncpg's pool; as long as somebody does, connections go back there.
"""

from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = PoolConnectionProxy[asyncpg.Record]

# After some ten thousand statements the pool replaces a connection, whose caches only grow; so it
# gets each one back now and then.
_TURNS = 1000
_RELEASE_SECONDS = 5


class Connections:
    """The connections of a pool; raises what its `acquire` and `release` raise."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._spare: list[Connection] = []
        self._waiting = 0
        self._turns = 0
        self._is_closing = False

    @property
    def most(self) -> int:
        """How many there can be."""
        return self._pool.get_max_size()

    def count(self) -> tuple[int, int]:
        """How many are open, and how many of those are idle."""
        return self._pool.get_size(), self._pool.get_idle_size() + len(self._spare)

    def take_spare(self) -> "Connection | None":
        """One that is there already."""
        while self._spare:
            connection = self._spare.pop()
            if _is_open(connection):
                return connection
        return None

    async def take(self) -> "Connection":
        """One from the pool, as soon as there is one."""
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    def keep(self, connection: "Connection") -> bool:
        """Keep one that comes back whole, unless the pool should have it."""
        self._turns += 1
        if (
            self._waiting
            or self._is_closing
            or self._turns % _TURNS == 0
            or not _is_open(connection)
            or connection.is_in_transaction()
        ):
            return False
        self._spare.append(connection)
        return True

    async def give_back(self, connection: "Connection") -> None:
        """Give one back to the pool, which looks at what is left of it."""
        await self._pool.release(connection, timeout=_RELEASE_SECONDS)

    async def close(self) -> None:
        """Wait for those in use and close all."""
        self._is_closing = True
        while self._spare:
            await self.give_back(self._spare.pop())
        await self._pool.close()

    def terminate(self) -> None:
        """Drop all, also those in use."""
        self._is_closing = True
        self._spare.clear()
        self._pool.terminate()


def _is_open(connection: "Connection") -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        # The server closed it, and the pool has parted with it already.
        return False
