"""Tables of events, of their deliveries to subscribers, and of periodic jobs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Time


class EventRow(Base):
    """An event about rows of one kind, written in the transaction that caused it.

    The id starts with the time, so the primary key also finds events that are old enough to be
    deleted. `trace_parent` names the span that caused it, where requests are traced.
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
    trace_parent: Mapped[str | None]


class DeliveryRow(Base):
    """The delivery of one event to one subscriber: when it is due, and what went wrong so far.

    A relay that claims a delivery moves `due_at` beyond the time it may need. If it dies, the
    delivery becomes due again by itself, without heartbeats or a transaction held open.
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
    """A periodic job: when it is due, and how its last run went."""

    __tablename__ = "job"

    name: Mapped[Id]
    due_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    runs: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    last_error: Mapped[str | None]
