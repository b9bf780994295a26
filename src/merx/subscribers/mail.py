"""Sends the shop's mails."""

from merx.core.database import Database
from merx.modules.notification.letters import Pages
from merx.modules.notification.mails import MAIL_REQUESTED
from merx.outbox import Event, Subscriber
from merx.providers.notification import NotificationProvider
from merx.settings import Settings
from merx.workflows.people.mails import Postage, send_mail


def mail_by(provider: NotificationProvider, settings: Settings) -> Subscriber:
    """The subscriber that sends mails through this provider."""
    pages = Pages(settings.admin_url, settings.storefront_url)
    postage = Postage(provider, pages, settings.jwt_secret)

    async def send(event: Event, database: Database) -> None:
        for mail_id in event.ids:
            await send_mail(database, mail_id, postage)

    return Subscriber("mail", (MAIL_REQUESTED,), send, can_wait=True)
