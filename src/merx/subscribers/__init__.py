"""Reactions to events: one file each, listed here."""

from merx.outbox import Subscriber
from merx.providers.notification import NotificationProvider
from merx.settings import Settings
from merx.subscribers.event_log import event_log
from merx.subscribers.mail import MAIL, mail_by

__all__ = ["MAIL", "subscribers_of"]


def subscribers_of(settings: Settings, provider: NotificationProvider) -> tuple[Subscriber, ...]:
    """Merx's own subscribers; the log of events costs a delivery each, so it is for debugging."""
    log = (event_log,) if settings.log_level == "debug" else ()
    return (*log, mail_by(provider, settings))
