"""A small local SMTP server that stores the mails it receives."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session


class Postbox:
    """The received mails; `refusals` are the responses that refuse the next mails."""

    def __init__(self) -> None:
        self.url = ""
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.refusals: list[str] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append(envelope)
        return "250 OK"


@asynccontextmanager
async def running_smtp_server() -> AsyncGenerator[Postbox]:
    """The server on a free port; `url` is for an unencrypted connection."""
    postbox = Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(postbox, hostname="post.test", loop=loop), "127.0.0.1", 0
    )
    postbox.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}?tls=off"
    try:
        yield postbox
    finally:
        server.close()
        await server.wait_closed()
