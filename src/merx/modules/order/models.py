"""Tables of orders."""

from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Metadata, Timestamps, live_unique


class RefundReason(Base, Timestamps):
    __tablename__ = "refund_reason"
    __table_args__ = (live_unique("refund_reason", "code"),)

    id: Mapped[Id]
    label: Mapped[str]
    code: Mapped[str]
    description: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
