"""Sends mails: creates their tokens, writes their text, and hands them to the provider.

Tokens are created now, not when the mail was queued: the database never holds one, and its lifetime
starts when it is sent. If the process dies in between, the mail is sent again with a new token.
"""

from dataclasses import dataclass, field

from merx.core.database import Database, Transaction
from merx.core.shapes import Document
from merx.modules.auth.resets import LIFETIME, issue_reset_token
from merx.modules.auth.verifications import LIFETIME as CODE_LIFETIME
from merx.modules.auth.verifications import renew_code
from merx.modules.notification.letters import (
    INVITE,
    PASSWORD_RESET,
    VERIFICATION,
    Pages,
    write_letter,
)
from merx.modules.notification.mails import Mail, find_unsent_mail, note_failure, note_sent
from merx.modules.user.invites import open_invite_token
from merx.providers.notification import LOCAL, Message, NotificationProvider, Undeliverable


@dataclass(frozen=True, slots=True)
class Postage:
    """What mails need besides their data: the sender, the pages that links lead to, the signing
    secret.
    """

    provider: NotificationProvider
    pages: Pages
    secret: str = field(repr=False)


async def send_mail(database: Database, mail_id: str, postage: Postage) -> None:
    """Send a mail that was not sent yet; raises if it should be retried later."""
    async with database.write() as tx:
        mail = await find_unsent_mail(tx, mail_id)
        if mail is None:
            return
        data = await _complete(tx, mail, postage.secret)
        if data is None:
            await note_failure(tx, mail_id, "There is no reason to send it any more", is_final=True)
            return
    letter = write_letter(mail.template, mail.to, data, postage.pages)
    message = Message(
        mail.to, "email", mail.template, data, letter.subject, letter.text, id=mail.id
    )
    try:
        await postage.provider.send(message)
    except Exception as error:
        is_final = isinstance(error, Undeliverable)
        async with database.write() as tx:
            await note_failure(tx, mail.id, str(error) or repr(error), is_final=is_final)
        if is_final:
            return
        raise
    is_kept = postage.provider.id == LOCAL
    words = (letter.subject, letter.text) if is_kept else ("", "")
    async with database.write() as tx:
        await note_sent(tx, mail.id, postage.provider.id, *words)


async def _complete(tx: Transaction, mail: Mail, secret: str) -> Document | None:
    """The mail's data with its tokens; None if there is no reason to send it any more."""
    if mail.template == PASSWORD_RESET:
        provider, actor_type = mail.data["provider"], mail.data["actor_type"]
        token = await issue_reset_token(
            tx, mail.to, provider, actor_type, secret=secret, asked_at=mail.created_at
        )
        return {**mail.data, "token": token, "expires_in": LIFETIME} if token else None
    if mail.template == INVITE:
        token = await open_invite_token(tx, mail.data["invite_id"])
        return {**mail.data, "token": token} if token else None
    if mail.template == VERIFICATION:
        code = await renew_code(tx, mail.data["verification_id"], asked_at=mail.created_at)
        return {**mail.data, "code": code, "expires_in": CODE_LIFETIME} if code else None
    return mail.data
