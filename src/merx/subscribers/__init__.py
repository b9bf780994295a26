"""Reactions to events: one file each, listed here."""

from merx.outbox import Subscriber
from merx.subscribers.event_log import event_log

SUBSCRIBERS: tuple[Subscriber, ...] = (event_log,)
