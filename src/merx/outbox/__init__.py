"""Events as rows, written beside the change, and the relay that hands them to subscribers."""

from merx.outbox.emit import emit, emit_all
from merx.outbox.relay import Relay, relay_events
from merx.outbox.subscriber import ANY_EVENT, Event, Subscriber

__all__ = ["ANY_EVENT", "Event", "Relay", "Subscriber", "emit", "emit_all", "relay_events"]
