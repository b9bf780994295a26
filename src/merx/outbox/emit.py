"""Writes events in the transaction of the change they report."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import orjson

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.tracing import current_parent

# The most ids in one event, whatever the size of the batch that changed them.
IDS_PER_EVENT = 1000

# No pg_notify here: commits that notify are serialised in PostgreSQL across all connections
# (docs/decisions/0004). Relays are woken after the commit instead, see bell.py.
_INSERT = """
INSERT INTO event (id, name, ids, trace_parent)
SELECT id, name, ids, trace_parent
FROM jsonb_to_recordset($1) AS given (id text, name text, ids jsonb, trace_parent text)
"""


class _Traced(TypedDict):
    trace_parent: NotRequired[str]


class EventRow(_Traced):
    """The row of an event; traced if the change is."""

    id: str
    name: str
    ids: orjson.Fragment


async def emit(tx: Transaction, name: str, ids: Sequence[str]) -> None:
    """Record that `name` ("product.created") happened to the rows `ids`; without ids, no event."""
    await emit_all(tx, {name: ids})


async def emit_all(tx: Transaction, events: Mapping[str, Sequence[str]]) -> None:
    """Record several kinds of events in one statement."""
    rows = event_rows(events)
    if rows:
        await tx.execute(_INSERT, rows)


def event_rows(events: Mapping[str, Sequence[str]]) -> list[EventRow]:
    """The rows of events, for a statement that writes them together with other rows."""
    parent = current_parent()
    traced: _Traced = {"trace_parent": parent} if parent else {}
    return [
        {
            "id": new_id("evt"),
            "name": name,
            "ids": _as_value(ids[start : start + IDS_PER_EVENT]),
            **traced,
        }
        for name, ids in events.items()
        for start in range(0, len(ids), IDS_PER_EVENT)
    ]


def _as_value(ids: Sequence[str]) -> orjson.Fragment:
    """The ids as one JSON value: the driver would take lists in an array for further dimensions."""
    return orjson.Fragment(orjson.dumps(ids))
