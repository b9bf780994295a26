"""Notification providers: they deliver messages to people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

_log = structlog.get_logger()


class Undeliverable(Exception):
    """The message can never be delivered: retrying is pointless."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `template` names the occasion, `data` fills it.

    Mails also have the shop's own text, for providers without templates, and the id of their row,
    by which duplicates can be recognized.
    """

    to: str
    channel: str
    template: str
    data: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    subject: str = ""
    text: str = field(default="", repr=False)
    id: str = ""


class NotificationProvider(Protocol):
    """Sends messages; `id` is that of its row in `notification_provider`."""

    @property
    def id(self) -> str:
        """The id used by notifications."""
        ...

    async def send(self, message: Message) -> None:
        """Send the message, or raise; mails are then retried, unless it is Undeliverable."""
        ...


LOCAL = "local"


class LocalNotifications:
    """Writes messages to the log, for development; anybody who can read the log can use their
    tokens.

    Mails can also be read with `merx outbox mail`.
    """

    id = LOCAL

    async def send(self, message: Message) -> None:
        """Log the whole message."""
        _log.info(
            "notification",
            to=message.to,
            channel=message.channel,
            template=message.template,
            data=dict(message.data),
        )
