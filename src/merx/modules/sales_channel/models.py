"""The table of sales channels."""

from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Flag, Id, Metadata, Timestamps


class SalesChannel(Base, Timestamps):
    __tablename__ = "sales_channel"

    id: Mapped[Id]
    name: Mapped[str]
    description: Mapped[str | None]
    is_disabled: Mapped[Flag]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
