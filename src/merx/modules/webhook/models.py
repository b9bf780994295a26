"""Tables of webhooks and their deliveries."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, FlagOn, Id, Time, Timestamps, check


class Webhook(Base, Timestamps):
    """A URL that receives events.

    `failures` counts consecutive failed attempts, `due_at` is the time of the next. The sending
    process holds the row by `lease` until `leased_until`; if it dies, the lease expires.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        Index("ix_webhook_enabled", "id", postgresql_where=text("enabled AND deleted_at IS NULL")),
    )

    id: Mapped[Id]
    url: Mapped[str]
    events: Mapped[list[str]] = mapped_column(JSONB)
    description: Mapped[str | None]
    enabled: Mapped[FlagOn]
    disabled_reason: Mapped[str | None]
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    due_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    lease: Mapped[str | None]
    leased_until: Mapped[datetime | None]


class WebhookDelivery(Base, Timestamps):
    """One event for one webhook, and the result of the last attempt to send it.

    The event is copied, since this log outlives the outbox.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        check("state IN ('pending', 'done', 'failed')", name="state"),
        Index("uq_webhook_delivery_event", "webhook_id", "event_id", unique=True),
        Index(
            "ix_webhook_delivery_pending",
            "webhook_id",
            "event_id",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_webhook_delivery_created_at", "created_at"),
    )

    id: Mapped[Id]
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhook.id"))
    event_id: Mapped[str]
    event: Mapped[str]
    ids: Mapped[list[str]] = mapped_column(JSONB)
    happened_at: Mapped[Time]
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    attempted_at: Mapped[datetime | None]
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str | None]
    error: Mapped[str | None]
