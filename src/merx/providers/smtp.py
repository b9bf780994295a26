"""Mail over SMTP: encrypted unless the operator disables it, with one connection per message.

Headers are built by the standard library from parsed addresses and checked texts: a line break in
an address, a subject or a name is refused there, so headers cannot be injected.
"""

import re
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from merx.core.clock import now
from merx.core.operator_errors import OperatorError
from merx.providers.notification import Message, Undeliverable

TIMEOUT_SECONDS = 20.0
_PORTS = {"smtp": 587, "smtps": 465}
_NAMED = re.compile(r'"?(?P<name>[^"<>]*?)"? *<(?P<email>[^<>]+)>')
_PLAIN = re.compile(r'[^\s@,;:<>()"\\]+@[^\s@,;:<>()"\\]+')


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The SMTP server, and how its connection is encrypted."""

    host: str
    port: int
    use_tls: bool
    start_tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def smtp_server(url: str) -> SmtpServer:
    """The server of `smtp://user:password@host:587`: STARTTLS is required, `smtps` is TLS from the
    start, `?tls=off` neither.

    Fails for an invalid URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except (ValueError, KeyError):
        raise OperatorError("MERX_SMTP_URL must be smtp://… or smtps://…") from None
    if not parts.hostname or options not in ({}, {"tls": ["off"]}):
        raise OperatorError("MERX_SMTP_URL must name a host, and nothing after ? but tls=off")
    return SmtpServer(
        parts.hostname,
        port,
        use_tls=parts.scheme == "smtps",
        start_tls=parts.scheme == "smtp" and not options,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class SmtpNotifications:
    """Sends mails through an SMTP server; `mail_from` is `Shop <shop@example.com>`."""

    id = "smtp"

    def __init__(self, url: str, mail_from: str) -> None:
        self._server = smtp_server(url)
        try:
            self._sender = _named_address(mail_from)
        except Undeliverable:
            raise OperatorError("MERX_MAIL_FROM must be like Shop <shop@example.com>") from None

    async def send(self, message: Message) -> None:
        """Send the mail; Undeliverable if the server will never accept it."""
        # Imported with the first mail: most processes send none.
        import aiosmtplib  # noqa: PLC0415

        server = self._server
        try:
            await aiosmtplib.send(
                self._letter(message),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.use_tls,
                start_tls=server.start_tls,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            if any(code < 500 for code in codes):
                raise
            raise Undeliverable(f"The server refuses the address ({codes[0]})") from error
        except aiosmtplib.SMTPNotSupported as error:
            raise Undeliverable(str(error)) from error

    def _letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        try:
            letter["From"] = self._sender
            letter["To"] = _address(message.to)
            letter["Subject"] = message.subject
        except ValueError as error:
            raise Undeliverable(f"Not fit for a header: {error}") from error
        letter["Date"] = format_datetime(now())
        letter["Message-ID"] = f"<{message.id}@{self._sender.domain}>"
        # Otherwise vacation replies would come back to the shop.
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        return letter


def _named_address(text: str) -> Address:
    """`Shop <shop@example.com>`, or the address alone."""
    found = _NAMED.fullmatch(text)
    return _address(found["email"], found["name"]) if found else _address(text)


def _address(email: str, name: str = "") -> Address:
    """A single address: no list, no comment, no line break."""
    try:
        if _PLAIN.fullmatch(email) and email.isprintable():
            return Address(display_name=name, addr_spec=email)
    except (ValueError, IndexError, HeaderParseError):
        pass
    raise Undeliverable(f"No e-mail address: {email!r}")
