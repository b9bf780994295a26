"""Table of the persons who run the shop."""

from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Metadata, Timestamps, live_unique


class User(Base, Timestamps):
    __tablename__ = "user"
    __table_args__ = (live_unique("user", "email"),)

    id: Mapped[Id]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str]
    avatar_url: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
