"""The table of product imports."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Timestamps, check

Count = Annotated[int, mapped_column(Integer, server_default=text("0"))]


class ProductImport(Base, Timestamps):
    """A file of products, and how much of it has been imported.

    `done` counts products in the order of the file and grows in the transaction that writes them,
    so an interrupted import continues after the last one. `digest` covers the file and the options:
    the command line finds a started import by it.
    """

    __tablename__ = "product_import"
    __table_args__ = (
        check(
            "state IN ('waiting', 'confirmed', 'running', 'done', 'failed')",
            name="state",
            message="state is none of an import",
        ),
        Index("ix_product_import_digest", "digest"),
    )

    id: Mapped[Id]
    file_key: Mapped[str | None]
    file_name: Mapped[str]
    digest: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    to_create: Mapped[Count]
    to_update: Mapped[Count]
    done: Mapped[Count]
    errors: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    error_count: Mapped[Count]
    created_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
