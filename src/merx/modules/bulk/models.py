"""Tables of bulk jobs and of the results of their lines."""

from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Timestamps, check

Count = Annotated[int, mapped_column(BigInteger, server_default=text("0"))]


class BulkJob(Base, Timestamps):
    """A file of rows, and how much of it has been written.

    `position` is the byte after the last finished line. It advances in the transaction that writes
    the lines before it, so an interrupted job continues there. Files without a key are read by a
    command, which finds a started job by `digest`. `attempts` counts failures since it last
    advanced.
    """

    __tablename__ = "bulk_job"
    __table_args__ = (
        check(
            "state IN ('waiting', 'running', 'done', 'canceled', 'failed')",
            name="state",
            message="state is none of a bulk job",
        ),
        Index("ix_bulk_job_open", "created_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_bulk_job_digest", "digest"),
    )

    id: Mapped[Id]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    file_name: Mapped[str | None]
    file_key: Mapped[str | None]
    digest: Mapped[str | None]
    size: Mapped[Count]
    position: Mapped[Count]
    lines: Mapped[Count]
    done: Mapped[Count]
    succeeded: Mapped[Count]
    failed: Mapped[Count]
    attempts: Mapped[Count]
    error: Mapped[str | None]
    created_by: Mapped[str | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class BulkResult(Base):
    """The results of the lines written by one transaction: a line of JSON for each.

    `failures` repeats those of the failed lines.
    """

    __tablename__ = "bulk_result"

    job_id: Mapped[str] = mapped_column(
        ForeignKey("bulk_job.id", ondelete="CASCADE"), primary_key=True
    )
    first_line: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    results: Mapped[str]
    failures: Mapped[str]
