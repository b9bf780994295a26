"""Counts the statements of a request in the log of the database; the server runs unchanged. BEGIN,
COMMIT and the look-up of the caller are counted too."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import READS, WORKS
from benchmarks.sides import OverHTTP, Shelf
from benchmarks.wire import Answer, Connection

_MARKS = (b"LOG:  statement: ", b"LOG:  execute ")
# The notification of commits is sent later, on another connection, once for many requests; what the
# driver asks about types, once for each connection; whether the server answers, now and then.
_NOT_COUNTED = (
    b"SELECT pg_notify",
    b"RECURSIVE typeinfo_tree",
    b"current_setting('jit')",
    b"statement: SELECT\n",
)


class Counted(Connection):
    """A connection that reads the log after each response."""

    log: Path

    async def send(self, request: bytes) -> Answer:
        before = self.log.stat().st_size
        answer = await super().send(request)
        with self.log.open("rb") as file:
            file.seek(before)
            text = file.read()
        count = sum(text.count(mark) for mark in _MARKS)
        count -= sum(text.count(words) for words in _NOT_COUNTED)
        return answer._replace(statements=count)


async def count_statements(
    connection: Connection,
    url: str,
    database: Any,
    folder: Path,
    shelf: Shelf,
    sizes: Sequence[int],
) -> dict[str, dict[str, int]]:
    """Row → size → statements. The server must run without its relay, which queries at any time."""
    counted = Counted(url)
    counted.headers = connection.headers
    counted.log = folder / "postgres" / "postgres.log"
    await counted.open()
    merx = OverHTTP("Merx", counted, shelf)
    found: dict[str, dict[str, int]] = {}
    async with logged(database):
        found["create 1 variant"] = {"1": (await merx.create_one()).statements}
        for size in sizes:
            samples = await merx.cycle(size)
            for work in WORKS:
                found.setdefault(f"batch {work}", {})[f"{size:,}"] = samples[work].statements
        found["get / list products"] = {what: (await merx.read(what)).statements for what in READS}
    counted.close()
    return found


@asynccontextmanager
async def logged(database: Any) -> AsyncGenerator[None]:
    """Make the database log every statement."""
    await set_for_all(database, "log_statement", "all")
    yield
    await set_for_all(database, "log_statement", None)


async def set_for_all(database: Any, name: str, value: str | None) -> None:
    """Change a setting of the running database for all its sessions; None resets it."""
    change = f"RESET {name}" if value is None else f"SET {name} = '{value}'"
    await database.execute(f"ALTER SYSTEM {change}")
    await database.execute("SELECT pg_reload_conf()")
    # Sessions apply it a moment later.
    await asyncio.sleep(0.3)
