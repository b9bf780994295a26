"""Writes events beside the change they tell of, in its transaction."""

from collections.abc import Mapping, Sequence

from merx.core.database import Transaction
from merx.core.ids import new_ids

# A subscriber gets at most so many ids at once, whatever the size of the batch that changed them.
IDS_PER_EVENT = 1000

# Arrays of arrays must be rectangular in PostgreSQL, so each event's ids travel as one text.
_SEPARATOR = "\x1f"

# No pg_notify here: commits that notify take turns in PostgreSQL, across all connections
# (docs/decisions/0004). Relays are woken after the commit instead: see bell.py.
_INSERT = r"""
INSERT INTO event (id, name, ids)
SELECT id, name, string_to_array(joined, E'\x1f')
FROM unnest($1::text[], $2::text[], $3::text[]) AS given (id, name, joined)
"""


async def emit(tx: Transaction, name: str, ids: Sequence[str]) -> None:
    """Tell that `name` ("product.created") happened to the rows `ids`; no ids, no event."""
    await emit_all(tx, {name: ids})


async def emit_all(tx: Transaction, events: Mapping[str, Sequence[str]]) -> None:
    """Tell of several kinds of events, in one statement."""
    names: list[str] = []
    joined: list[str] = []
    for name, ids in events.items():
        for start in range(0, len(ids), IDS_PER_EVENT):
            names.append(name)
            joined.append(_SEPARATOR.join(ids[start : start + IDS_PER_EVENT]))
    if names:
        await tx.execute(_INSERT, new_ids("evt", len(names)), names, joined)
