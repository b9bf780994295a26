"""Keys of completed requests with their answers."""

from sqlalchemy import Index, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Time, check


class IdempotencyKey(Base):
    """A caller's key, the request it stands for, and the answer once there is one.

    Written in the transaction of the request's first change, so a rollback leaves no key.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (
        check("(status IS NULL) = (body IS NULL)", name="answer"),
        Index("ix_idempotency_key_created_at", "created_at"),
    )

    actor_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    status: Mapped[int | None] = mapped_column(Integer)
    content_type: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
