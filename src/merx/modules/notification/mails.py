"""Mails to send: written as rows, sent by the relay, settled and listed.

A mail is a row, with an event, in the transaction that causes it. It is therefore sent after the
commit or not at all, at least once, and by whichever process relays events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.shapes import Document
from merx.core.tracing import current_parent

MAIL_REQUESTED = "mail.requested"
KEPT_DAYS = 30

_REQUEST = """WITH old AS (DELETE FROM mail WHERE id IN (SELECT id FROM mail
  WHERE created_at < now() - $5 * interval '1 day' LIMIT 100 FOR UPDATE SKIP LOCKED)),
told AS (INSERT INTO event (id, name, ids, trace_parent)
  VALUES ($6, $7, jsonb_build_array($1::text), $8))
INSERT INTO mail (id, "to", template, data) VALUES ($1, $2, $3, $4)"""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that has not been sent yet; `data` says what it is about."""

    id: str
    to: str
    template: str
    data: Mapping[str, Any]
    created_at: datetime


async def request_mail(tx: Transaction, to: str, template: str, data: Document) -> str:
    """Queue a mail, to be sent after the commit; returns its id.

    `data` must not contain secrets, as it stays in the table. Also deletes some old mails, so no
    separate job is needed.
    """
    mail_id = new_id("mail")
    event = (new_id("evt"), MAIL_REQUESTED, current_parent())
    await tx.execute(_REQUEST, mail_id, to, template, dict(data), KEPT_DAYS, *event)
    return mail_id


async def find_unsent_mail(tx: Transaction, mail_id: str) -> Mail | None:
    """The mail with this id, unless it was sent or given up."""
    row = await tx.fetchrow(
        'SELECT id, "to", template, data, created_at FROM mail'
        " WHERE id = $1 AND sent_at IS NULL AND given_up_at IS NULL",
        mail_id,
    )
    return Mail(*row) if row else None


async def note_sent(tx: Transaction, mail_id: str, provider: str, subject: str, text: str) -> None:
    """Record that a mail was sent, with its text if that is to be kept."""
    await tx.execute(
        "UPDATE mail SET sent_at = now(), provider = $2, error = NULL, subject = nullif($3, ''),"
        " text = nullif($4, '') WHERE id = $1",
        mail_id,
        provider,
        subject,
        text,
    )


async def note_failure(tx: Transaction, mail_id: str, error: str, *, is_final: bool) -> None:
    """Record why a mail could not be sent, and whether it will be retried."""
    await tx.execute(
        "UPDATE mail SET error = $2, given_up_at = CASE WHEN $3 THEN now() END WHERE id = $1",
        mail_id,
        error,
        is_final,
    )


@dataclass(frozen=True, slots=True)
class ListedMail:
    """A mail as an operator sees it; only mails of the local provider have a text."""

    id: str
    to: str
    template: str
    data: Mapping[str, Any]
    provider: str | None
    subject: str | None
    text: str | None
    error: str | None
    created_at: datetime
    sent_at: datetime | None
    given_up_at: datetime | None

    @property
    def state(self) -> str:
        """`sent`, `given up` or `waiting`."""
        return "sent" if self.sent_at else "given up" if self.given_up_at else "waiting"


_LISTED = (
    'SELECT id, "to", template, data, provider, subject, text, error, created_at, sent_at,'
    " given_up_at FROM mail "
)


async def list_mails(
    tx: Transaction, *, to: str | None = None, limit: int = 50
) -> list[ListedMail]:
    """Mails, newest first, to one address or all."""
    rows = await tx.fetch(
        _LISTED + 'WHERE $1::text IS NULL OR "to" = $1 ORDER BY created_at DESC, id DESC LIMIT $2',
        to,
        limit,
    )
    return [ListedMail(*row) for row in rows]


async def read_mail(tx: Transaction, mail_id: str) -> ListedMail | None:
    """One mail with everything known about it."""
    row = await tx.fetchrow(_LISTED + "WHERE id = $1", mail_id)
    return ListedMail(*row) if row else None
