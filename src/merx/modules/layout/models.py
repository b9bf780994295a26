"""Table of the arrangements of the dashboard's pages."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Flag, FlagOn, Id, Timestamps


class LayoutConfiguration(Base, Timestamps):
    """One zone's widgets, arranged by a user for themselves or by anyone for all.

    `user_id` is no foreign key: a secret key arranges for itself, and leftovers of a deleted user
    are nobody's to see. Of a user's own row `is_active` says whether it is in force, or that for
    all, which they have arranged since.
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
