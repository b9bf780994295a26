"""The table of the dashboard's layouts."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Flag, FlagOn, Id, Timestamps


class LayoutConfiguration(Base, Timestamps):
    """The widgets of one zone, arranged by a user for themselves or for everybody.

    `user_id` is no foreign key: a secret key has a layout of its own, and nobody sees the leftovers
    of a deleted user. On a user's own row, `is_active` says whether it is used, or the shared one
    that they saved later.
    """

    __tablename__ = "layout_configuration"
    __table_args__ = (
        CheckConstraint("is_system_default = (user_id IS NULL)", name="owner"),
        Index(
            "uq_layout_configuration_zone_user_id",
            "zone",
            text("coalesce(user_id, '')"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND zone IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    zone: Mapped[str]
    user_id: Mapped[str | None]
    is_system_default: Mapped[Flag]
    configuration: Mapped[dict[str, Any]] = mapped_column(JSONB)
    is_active: Mapped[FlagOn]
