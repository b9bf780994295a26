"""Tables of API keys."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Timestamps, live_unique


class ApiKey(Base, Timestamps):
    """A publishable key is stored as it is; for a secret key, `token` is only its hash."""

    __tablename__ = "api_key"
    __table_args__ = (
        live_unique("api_key", "token"),
        CheckConstraint("type IN ('secret','publishable')", name="type"),
    )

    id: Mapped[Id]
    token: Mapped[str]
    redacted: Mapped[str]
    title: Mapped[str]
    type: Mapped[str]
    last_used_at: Mapped[datetime | None]
    created_by: Mapped[str]
    revoked_by: Mapped[str | None]
    revoked_at: Mapped[datetime | None]


class PublishableApiKeySalesChannel(Base):
    __tablename__ = "publishable_api_key_sales_channel"
    __table_args__ = (
        Index("ix_publishable_api_key_sales_channel_sales_channel_id", "sales_channel_id"),
    )

    publishable_key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    sales_channel_id: Mapped[str] = mapped_column(ForeignKey("sales_channel.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Text)
