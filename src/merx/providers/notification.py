"""Who brings messages to people: a provider sends what the shop has to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

_log = structlog.get_logger()


class Undeliverable(Exception):
    """The message can never be delivered as it is: no later try would do better."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is said to whom: `template` names the occasion, `data` fills it.

    Mails also carry the shop's own words, for providers that have no templates of their own, and
    the id of their row: who gets a message twice may tell by it.
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
        """The id by which notifications name it."""
        ...

    async def send(self, message: Message) -> None:
        """Send the message, or raise; mails are then tried again, unless it is Undeliverable."""
        ...


LOCAL = "local"


class LocalNotifications:
    """Writes messages to the log, for development: whoever reads the log can use what they hold.

    Mails stay readable in their table too (`merx outbox mail`).
    """

    id = LOCAL

    async def send(self, message: Message) -> None:
        """Write the message down, whole."""
        _log.info(
            "notification",
            to=message.to,
            channel=message.channel,
            template=message.template,
            data=dict(message.data),
        )
