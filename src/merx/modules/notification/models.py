"""Table of notification providers."""

from sqlalchemy import Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, FlagOn, Id, Timestamps


class NotificationProvider(Base, Timestamps):
    __tablename__ = "notification_provider"

    id: Mapped[Id]
    handle: Mapped[str]
    name: Mapped[str]
    is_enabled: Mapped[FlagOn]
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
