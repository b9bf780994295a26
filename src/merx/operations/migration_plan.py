"""Shows what the missing migrations will do, by running them on a scratch database.

Locks are not guessed from the SQL: after each statement, PostgreSQL reports which locks it holds,
and which tables it has scanned or rewritten.
"""

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from merx.core.embedded import EmbeddedPostgres
from merx.core.migrations import upgrade
from merx.core.schema_state import History, connected

# The table locks that block other statements, strongest first, and what they block.
WAITING = {
    "ACCESS EXCLUSIVE": "readers and writers wait",
    "EXCLUSIVE": "writers wait",
    "SHARE ROW EXCLUSIVE": "writers wait",
    "SHARE": "writers wait",
    "SHARE UPDATE EXCLUSIVE": "nobody waits",
    "ROW EXCLUSIVE": "writers of the same rows wait",
}
_INDEXED = re.compile(r'CREATE (?:UNIQUE )?INDEX CONCURRENTLY .*? ON "?(\w+)"?', re.DOTALL)
_BLOCKING = ("ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE")


@dataclass(frozen=True)
class Touched:
    """What a statement does to a table that was there before its migration."""

    table: str
    lock: str
    is_read: bool = False
    is_rewritten: bool = False

    @property
    def blocks(self) -> bool:
        """Whether others wait for a time that grows with the table."""
        return self.lock in _BLOCKING and (self.is_read or self.is_rewritten)


@dataclass(frozen=True)
class Step:
    """A statement of a migration."""

    sql: str
    touched: Sequence[Touched]


@dataclass(frozen=True)
class PlannedMigration:
    """A migration that is missing, and what it does."""

    name: str
    steps: Sequence[Step]

    @property
    def blocks(self) -> list[str]:
        """The tables that others wait for, for a time that grows with a table: one statement takes
        that long, or a later one does while its transaction still holds the lock."""
        held: set[str] = set()
        found: list[str] = []
        for step in self.steps:
            if "CONCURRENTLY" in step.sql:
                # It runs outside a transaction, so no lock is held.
                held.clear()
                continue
            held |= {one.table for one in step.touched if one.lock in _BLOCKING}
            if any(one.is_read or one.is_rewritten for one in step.touched):
                found += held
        return sorted(set(found))


def plan(histories: Mapping[History, tuple[str | None, Sequence[str]]]) -> list[PlannedMigration]:
    """What the missing migrations of each history do; given are its revision and the missing."""
    if not any(missing for _, missing in histories.values()):
        return []
    with tempfile.TemporaryDirectory(prefix="merx-plan-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres", {"fsync": "off"}) as server:
            for history, (revision, _) in histories.items():
                if revision is not None:
                    upgrade(server.url(), history, to=revision)
            planned = list[PlannedMigration]()
            for history, (_, missing) in histories.items():
                if missing:
                    upgrade(server.url(), history, watch=_Watching(planned, history).begin)
    return planned


@dataclass
class _Tables:
    """The tables of a database, by their ids."""

    names: dict[int, str] = field(default_factory=dict[int, str])
    files: dict[int, int] = field(default_factory=dict[int, int])
    reads: dict[int, int] = field(default_factory=dict[int, int])


class _Watching:
    """Notes each statement of each migration, and what it has done."""

    def __init__(self, planned: list[PlannedMigration], history: History) -> None:
        self._planned = planned
        self._history = history
        self._steps: list[Step] = []
        self._is_looking = False

    def begin(self, connection: Connection) -> Callable[[str], None]:
        """Watch `connection`; returns the function to call after each migration."""
        self._connection = connection
        # Force sequential scans: the counters show only for these that a table was read whole.
        for way in ("indexscan", "indexonlyscan", "bitmapscan"):
            connection.exec_driver_sql(f"SET enable_{way} = off")
        self._start()
        connection.commit()
        event.listen(connection, "before_cursor_execute", self._prepare)
        event.listen(connection, "after_cursor_execute", self._note)
        return self._end

    def _start(self) -> None:
        self._steps = []
        self._there = self._look().names
        self._held = set[tuple[int, str]]()

    def _end(self, revision: str) -> None:
        [path] = self._history.folder.glob(f"{revision}_*.py")
        own = [step for step in self._steps if self._history.table not in step.sql]
        self._planned.append(PlannedMigration(path.stem, own))
        self._start()

    def _is_step(self, sql: str) -> bool:
        """Whether it is no setting, and nothing that the watching itself asks."""
        return not self._is_looking and not sql.startswith(("SELECT", "SET "))

    def _prepare(self, *details: Any) -> None:
        if self._is_step(details[2].strip()):
            self._before = self._look()

    def _note(self, *details: Any) -> None:
        sql: str = details[2].strip()
        if not self._is_step(sql):
            return
        indexed = _INDEXED.match(sql)
        if indexed:
            # Its transactions have ended, and with them the locks.
            touched = [Touched(indexed[1], "SHARE UPDATE EXCLUSIVE", is_read=True)]
        else:
            now, held = self._look(), self._locks()
            new, self._held = {table for table, _ in held - self._held}, held
            seen = (self._touched(table, name, now, new) for table, name in self._there.items())
            touched = [one for one in seen if one is not None]
        self._steps.append(Step(sql, touched))

    def _touched(self, table: int, name: str, now: _Tables, locked: set[int]) -> Touched | None:
        modes = [mode for mode in WAITING if (table, mode) in self._held]
        is_read = now.reads.get(table, 0) > self._before.reads.get(table, 0)
        is_rewritten = table in now.files and now.files[table] != self._before.files.get(table)
        is_locked = bool(modes) and table in locked
        if not is_locked and not is_read and not is_rewritten:
            return None
        return Touched(name, modes[0] if modes else "ACCESS SHARE", is_read, is_rewritten)

    def _look(self) -> _Tables:
        rows = self._ask(
            "SELECT oid, relname, relfilenode, pg_stat_get_xact_numscans(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables = _Tables()
        for oid, name, file, reads in rows:
            tables.names[oid], tables.files[oid], tables.reads[oid] = name, file, reads
        return tables

    def _locks(self) -> set[tuple[int, str]]:
        rows = self._ask(
            "SELECT relation, mode FROM pg_locks"
            " WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted"
        )
        return {(relation, _words(mode)) for relation, mode in rows}

    def _ask(self, query: str) -> Sequence[Any]:
        self._is_looking = True
        try:
            return self._connection.exec_driver_sql(query).fetchall()
        finally:
            self._is_looking = False


def _words(mode: str) -> str:
    """`ShareUpdateExclusiveLock` as SQL says it."""
    spaced = "".join(f" {one}" if one.isupper() else one for one in mode.removesuffix("Lock"))
    return spaced.strip().upper()


async def read_sizes(url: str) -> dict[str, str]:
    """How large each table of the shop is, in words."""
    async with connected(url) as connection:
        rows = await connection.fetch(
            "SELECT relname, greatest(reltuples, 0)::bigint AS rows,"
            " pg_size_pretty(pg_total_relation_size(oid)) AS size FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    return {row["relname"]: f"{row['rows']:,} rows, {row['size']}" for row in rows}
