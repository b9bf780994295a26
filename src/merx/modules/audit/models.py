"""The audit log: a row for each statement that changed rows of an audited table.

Database triggers write it (docs/decisions/0024), so no change can bypass it.
"""

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Time


class AuditLog(Base):
    """The rows of one table that one statement changed, in full, before and after.

    `columns` are the names of what each row of `before` and `after` holds, as PostgreSQL writes it.

    `ids` are those of the rows and of what they belong to. `batch_id` is the same for all that one
    transaction changed. Partitioned by the month of `created_at`.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("action IN ('create', 'update', 'delete')", name="action"),
        Index("ix_audit_log_batch_id", "batch_id"),
        Index("ix_audit_log_ids", "ids", postgresql_using="gin"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, server_default=text("audit_log_id()"))
    created_at: Mapped[Time] = mapped_column(primary_key=True, server_default=text("now()"))
    batch_id: Mapped[str]
    request_id: Mapped[str | None]
    actor_type: Mapped[str]
    actor_id: Mapped[str]
    entity: Mapped[str]
    action: Mapped[str]
    ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    row_count: Mapped[int]
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))
    before: Mapped[list[list[str | None]] | None] = mapped_column(ARRAY(Text))
    after: Mapped[list[list[str | None]] | None] = mapped_column(ARRAY(Text))
