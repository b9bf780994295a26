"""The table of return reasons."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Metadata, Timestamps, index


class ReturnReason(Base, Timestamps):
    """A reason for a return; may be a special case of another."""

    __tablename__ = "return_reason"
    __table_args__ = (
        index("return_reason", "value"),
        index("return_reason", "parent_return_reason_id"),
        CheckConstraint("parent_return_reason_id <> id", name="parent"),
    )

    id: Mapped[Id]
    value: Mapped[str]
    label: Mapped[str]
    description: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    parent_return_reason_id: Mapped[str | None] = mapped_column(ForeignKey("return_reason.id"))
