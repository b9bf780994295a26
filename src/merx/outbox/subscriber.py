"""Subscribers, and the events they receive."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from merx.core.database import Database

ANY_EVENT = "*"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the rows `ids`; a repeated delivery has the same `id`."""

    id: str
    name: str
    ids: list[str]
    created_at: datetime
    trace_parent: str | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A handler of events, identified by a name that never changes.

    Events arrive at least once and in no guaranteed order, so `handle` must be idempotent and read
    the rows as they are now. It must finish within `seconds`; after an exception it is retried
    later.
    """

    name: str
    events: tuple[str, ...]
    handle: Callable[[Event, Database], Awaitable[None]]
    seconds: float = 60
    at_once: int = 8
    """Deliveries that one process handles at the same time."""
    can_wait: bool = False
    """Whether a second later is soon enough: commits then need not wake the relay for it."""
    wanted: str = ""
    """A condition in SQL over `fresh.name`: events that do not meet it are not delivered."""
