"""Writes each event to the log."""

import structlog

from merx.core.database import Database
from merx.outbox import ANY_EVENT, Event, Subscriber

SHOWN_IDS = 3

log = structlog.get_logger()


async def _log_event(event: Event, _: Database) -> None:
    log.info(
        "event_logged",
        event_id=event.id,
        event_name=event.name,
        count=len(event.ids),
        ids=event.ids[:SHOWN_IDS],
    )


event_log = Subscriber("event_log", (ANY_EVENT,), _log_event)
