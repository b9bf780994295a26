"""Events as rows, written in the same transaction as the change, and the relay that delivers them
to subscribers.
"""

from merx.outbox.emit import emit, emit_all, event_rows
from merx.outbox.jobs import Job, run_jobs
from merx.outbox.models import EventRow
from merx.outbox.relay import Relay, relay_events
from merx.outbox.subscriber import ANY_EVENT, Event, Subscriber

__all__ = [
    "ANY_EVENT",
    "Event",
    "EventRow",
    "Job",
    "Relay",
    "Subscriber",
    "emit",
    "emit_all",
    "event_rows",
    "relay_events",
    "run_jobs",
]
