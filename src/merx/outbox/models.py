"""Tables of what happened, of who still has to hear of it, and of work that falls due."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Time


class EventRow(Base):
    """Something that happened to rows of one kind, written in the transaction that did it.

    The id starts with the time, so the primary key also finds the events that are old enough to go.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_unrelayed", "id", postgresql_where=text("relayed_at IS NULL")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    ids: Mapped[list[str]] = mapped_column(JSONB)
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    relayed_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """One event for one subscriber: what went wrong with it, and when it may be tried (again).

    A relay that takes a delivery moves `due_at` beyond the time it may need. Should it die, the
    delivery falls due by itself: no heartbeat, no connection or transaction held open.
    """

    __tablename__ = "event_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'done', 'failed')", name="state"),
        Index(
            "ix_event_delivery_due",
            "subscriber",
            "due_at",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_event_delivery_failed", "event_id", postgresql_where=text("state = 'failed'")),
    )

    event_id: Mapped[str] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True
    )
    subscriber: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    due_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    last_error: Mapped[str | None]


class JobRow(Base):
    """Work that is done every so often: when it is due, and how its last run went."""

    __tablename__ = "job"

    name: Mapped[Id]
    due_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    runs: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    last_error: Mapped[str | None]
