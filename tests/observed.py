"""The side effects of a request: statements run, events written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from merx.core.database import Transaction

_FRAME = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
# What asyncpg asks once per connection about types.
_OF_THE_DRIVER = ("typeinfo_tree", "current_setting('jit')")


@asynccontextmanager
async def statements_of(tx: Transaction) -> AsyncIterator[list[str]]:
    """The statements that run on the connection meanwhile, without those around transactions."""
    found: list[str] = []

    def note(record: Any) -> None:
        text = record.query.strip()
        if not text.startswith(_FRAME) and not any(word in text for word in _OF_THE_DRIVER):
            found.append(text)

    tx.add_query_logger(note)
    yield found
    # asyncpg calls its loggers when the loop comes round again.
    await asyncio.sleep(0)
    tx.remove_query_logger(note)


async def forget_events(tx: Transaction) -> None:
    """Make `emitted` return only later events, all of them."""
    await tx.execute("DELETE FROM event")


async def emitted(tx: Transaction) -> dict[str, list[str]]:
    """The ids of all events so far by their name."""
    found: dict[str, list[str]] = {}
    for name, ids in await tx.fetch("SELECT name, ids FROM event ORDER BY id"):
        found.setdefault(name, []).extend(ids)
    return found
