"""Tables of exports."""

from sqlalchemy.orm import Mapped

from merx.core.schema import Base, Id, Timestamps


class Export(Base, Timestamps):
    """A requested export: the rows of `kind` that match the request's `query`.

    `file_key` is chosen before the file is written, so writing it twice leaves one file.
    `file_name` is its display name.
    """

    __tablename__ = "export"

    id: Mapped[Id]
    kind: Mapped[str]
    query: Mapped[str]
    file_key: Mapped[str]
    file_name: Mapped[str]
    created_by: Mapped[str | None]
