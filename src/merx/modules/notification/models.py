"""Tables of notifications and of who sends them."""

from typing import Any

from sqlalchemy import ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, FlagOn, Id, Timestamps, live_unique


class NotificationProvider(Base, Timestamps):
    __tablename__ = "notification_provider"

    id: Mapped[Id]
    handle: Mapped[str]
    name: Mapped[str]
    is_enabled: Mapped[FlagOn]
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))


class Notification(Base, Timestamps):
    """A message to somebody, by a channel (`email`, `feed`)."""

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
