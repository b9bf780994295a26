"""Tables of exports."""

from sqlalchemy.orm import Mapped

from merx.core.schema import Base, Id, Timestamps


class Export(Base, Timestamps):
    """A file that somebody asked for: what is of `kind` and meets the `query` of the request.

    `file_key` is where it is kept, fixed before it is written: written twice, it is there once.
    `file_name` is its name for people.
    """

    __tablename__ = "export"

    id: Mapped[Id]
    kind: Mapped[str]
    query: Mapped[str]
    file_key: Mapped[str]
    file_name: Mapped[str]
    created_by: Mapped[str | None]
