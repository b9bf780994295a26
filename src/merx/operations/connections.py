"""How many connections the workers may open, against how many the database has for them."""

from dataclasses import dataclass

from merx.core.database import Transaction
from merx.settings import Settings

# Each worker opens one more than its pool, to notice a frozen server.
_BESIDE_POOL = 1
# Behind a pooler also the one that waits for NOTIFY, past it.
_PAST_POOLER = 1
# For `merx migrate`, a backup, and an operator's session.
_KEPT = 5
# With fewer connections, a worker's reads, changes and relay wait for each other.
_SMALLEST_POOL = 4


@dataclass(frozen=True, slots=True)
class Room:
    """What the database has. `others`: connections now open that are not of Merx."""

    most: int
    reserved: int
    others: int

    @property
    def free(self) -> int:
        """What is left for Merx."""
        return self.most - self.reserved - self.others - _KEPT


@dataclass(frozen=True, slots=True)
class Advice:
    """What to say, and whether all workers find the connections that they may open."""

    fits: bool
    lines: list[str]


async def read_room(tx: Transaction) -> Room:
    """What the server, the database and the role let open, whichever is least."""
    row = await tx.fetchrow("""
        SELECT least(
            current_setting('max_connections')::int,
            nullif((SELECT datconnlimit FROM pg_database WHERE datname = current_database()), -1),
            nullif((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), -1)) AS most,
          current_setting('superuser_reserved_connections')::int
            + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
          (SELECT count(*)::int FROM pg_stat_activity
           WHERE backend_type = 'client backend' AND application_name <> 'merx') AS others""")
    assert row is not None
    return Room(row["most"], row["reserved"], row["others"])


def advise(settings: Settings, room: Room, servers: int) -> Advice:
    """Whether what is set fits, and what to set where it does not."""
    if settings.is_pooled:
        return _behind_pooler(settings, room, servers)
    workers = servers * settings.workers
    needed = workers * (settings.pool_size + _BESIDE_POOL)
    lines = [
        _told(room),
        f"Merx may open {needed}: {_of(servers, settings)} x ({settings.pool_size} of the pool"
        f" + {_BESIDE_POOL} that watches)",
    ]
    if needed <= room.free:
        return Advice(True, [*lines, f"They fit, {room.free - needed} are left."])
    size = room.free // workers - _BESIDE_POOL
    if size >= _SMALLEST_POOL:
        return Advice(False, [*lines, f"Too many. Set MERX_POOL_SIZE={size}."])
    return Advice(
        False,
        [
            *lines,
            f"Too many, and a pool of {max(size, 0)} is too small: raise max_connections to"
            f" {room.most + needed - room.free}, or put PgBouncer before it (MERX_POOLER, see"
            " docs/guides/more-than-one-machine.md).",
        ],
    )


def _behind_pooler(settings: Settings, room: Room, servers: int) -> Advice:
    workers = servers * settings.workers
    clients = workers * (settings.pool_size + _BESIDE_POOL)
    pool = min(room.free - workers * _PAST_POOLER, workers * settings.pool_size)
    lines = [
        _told(room),
        f"Past the pooler Merx may open {workers * _PAST_POOLER}, one of each worker for NOTIFY."
        f" To the pooler it may open {clients}: {_of(servers, settings)} x"
        f" ({settings.pool_size} of the pool + {_BESIDE_POOL} that watches)",
    ]
    if pool < _SMALLEST_POOL:
        return Advice(False, [*lines, "Too few are left for the pooler: raise max_connections."])
    return Advice(
        True,
        [
            *lines,
            f"pgbouncer.ini: max_client_conn = {clients} or more, default_pool_size = {pool} or"
            " less. A small pool of twice the server's cores is usually fastest.",
        ],
    )


def _of(servers: int, settings: Settings) -> str:
    return f"{servers} x {settings.workers} workers"


def _told(room: Room) -> str:
    return (
        f"The database lets {room.most} connections open, {room.reserved} of them are reserved,"
        f" others have {room.others}, {_KEPT} are left for commands: {max(room.free, 0)} for Merx"
    )
