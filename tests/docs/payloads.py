"""Whose ids events carry: what docs/reference/events.md says, and what is in the outbox."""

import re
from functools import cache
from pathlib import Path

from asyncpg import InFailedSQLTransactionError

from merx.core.database import Transaction

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "events.md"

# Tables that are not named like what the page's first column calls their rows.
_TABLES = {"campaign": "promotion_campaign"}
# Old rows of these are removed for good.
_PURGED = ("bulk_job", "mail")


@cache
def documented() -> dict[str, str]:
    """The table whose ids each event carries, by the event's name."""
    # The last table repeats names: the events of a deletion.
    text, _, _ = PAGE.read_text().partition("| deleted |")
    rows = re.findall(r"^\| ([a-z ]+) \| (`.*`) \|$", text, re.MULTILINE)
    tables = {name: _table(about) for about, names in rows for name in re.findall("`(.+?)`", names)}
    others = re.findall(r"^\| `([a-z._-]+)` \| the ([a-z ]+) \|$", text, re.MULTILINE)
    return {**tables, **{name: _table(about) for name, about in others}}


def _table(about: str) -> str:
    name = about.replace(" ", "_")
    return _TABLES.get(name, name)


async def undocumented_ids(tx: Transaction) -> list[str]:
    """The events in the outbox with ids that are not those of the documented table."""
    events: dict[str, set[str]] = {}
    try:
        rows = await tx.fetch("SELECT name, ids FROM event")
    except InFailedSQLTransactionError:
        # The test ended with a statement that failed.
        return []
    for name, ids in rows:
        events.setdefault(name, set()).update(ids)
    wrong: list[str] = []
    for name, ids in events.items():
        table = documented().get(name, "")
        if not table or table in _PURGED:
            continue
        rows = await tx.fetch(f'SELECT id FROM "{table}" WHERE id = ANY($1::text[])', list(ids))
        strange = sorted(ids - {row[0] for row in rows})
        wrong += [f"{name} carries {one}, which is no {table}" for one in strange]
    return wrong
