"""Tables of notifications, mails and their providers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, FlagOn, Id, Time, Timestamps, live_unique


class NotificationProvider(Base, Timestamps):
    __tablename__ = "notification_provider"

    id: Mapped[Id]
    handle: Mapped[str]
    name: Mapped[str]
    is_enabled: Mapped[FlagOn]
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))


class Notification(Base, Timestamps):
    """A message to somebody on a channel (`email`, `feed`)."""

    __tablename__ = "notification"
    __table_args__ = (live_unique("notification", "idempotency_key"),)

    id: Mapped[Id]
    to: Mapped[str]
    from_: Mapped[str | None] = mapped_column("from")
    channel: Mapped[str]
    template: Mapped[str | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    provider_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    trigger_type: Mapped[str | None]
    resource_id: Mapped[str | None]
    resource_type: Mapped[str | None]
    receiver_id: Mapped[str | None]
    original_notification_id: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    external_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    provider_id: Mapped[str | None] = mapped_column(
        ForeignKey("notification_provider.id"), index=True
    )


class Mail(Base):
    """A mail to send, written in the transaction that causes it.

    `data` says what it is about and contains no secrets: tokens are created when the mail is sent.
    `subject` and `text` are kept only by the local provider, for developers to read.
    """

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_created_at", "created_at"),)

    id: Mapped[Id]
    to: Mapped[str]
    template: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    provider: Mapped[str | None]
    subject: Mapped[str | None]
    text_: Mapped[str | None] = mapped_column("text")
    error: Mapped[str | None]
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
