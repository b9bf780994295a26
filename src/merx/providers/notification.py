"""Who brings messages to people: a provider sends what the shop has to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Message:
    """What is said to whom: `template` names the occasion, `data` fills it."""

    to: str
    channel: str
    template: str
    data: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


class NotificationProvider(Protocol):
    """Sends messages; `id` is that of its row in `notification_provider`."""

    @property
    def id(self) -> str:
        """The id by which notifications name it."""
        ...

    async def send(self, message: Message) -> None:
        """Send the message, or raise: nothing of the shop waits for it."""
        ...


class LocalNotifications:
    """Writes messages to the log, for development: whoever reads the log can use what they hold."""

    id = "local"

    async def send(self, message: Message) -> None:
        """Write the message down, whole."""
        _log.info(
            "notification",
            to=message.to,
            channel=message.channel,
            template=message.template,
            data=dict(message.data),
        )
