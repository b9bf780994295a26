"""Tables of order changes: a list of ordered actions on one version of an order."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Numeric, Sequence, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Flag, Id, Metadata, Time, Timestamps, index
from merx.modules.order.kinds import one_of

ORDERING = Sequence("order_change_action_ordering_seq", metadata=Base.metadata)


class OrderChange(Base, Timestamps):
    """A proposed, confirmed or canceled change of an order; at most one per order is open."""

    __tablename__ = "order_change"
    __table_args__ = (
        Index(
            "uq_order_change_open",
            "order_id",
            unique=True,
            postgresql_where=text("status IN ('pending', 'requested') AND deleted_at IS NULL"),
        ),
        index("order_change", "order_id", "version"),
        index("order_change", "return_id"),
        index("order_change", "exchange_id"),
        index("order_change", "claim_id"),
        one_of("status", "pending", "requested", "confirmed", "declined", "canceled"),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    return_id: Mapped[str | None] = mapped_column(ForeignKey("return.id"))
    exchange_id: Mapped[str | None] = mapped_column(ForeignKey("order_exchange.id"))
    claim_id: Mapped[str | None] = mapped_column(ForeignKey("order_claim.id"))
    # The version that confirming creates.
    version: Mapped[int] = mapped_column(Integer)
    change_type: Mapped[str | None]
    description: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    internal_note: Mapped[str | None]
    carry_over_promotions: Mapped[bool | None]
    no_notification: Mapped[bool | None]
    created_by: Mapped[str | None]
    requested_by: Mapped[str | None]
    requested_at: Mapped[Time | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[Time | None]
    declined_by: Mapped[str | None]
    declined_reason: Mapped[str | None]
    declined_at: Mapped[Time | None]
    canceled_by: Mapped[str | None]
    canceled_at: Mapped[Time | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class OrderChangeAction(Base, Timestamps):
    """One action of a change, at its position among the others."""

    __tablename__ = "order_change_action"
    __table_args__ = (
        index("order_change_action", "order_change_id", "ordering"),
        index("order_change_action", "order_id"),
        index("order_change_action", "return_id"),
        index("order_change_action", "exchange_id"),
        index("order_change_action", "claim_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    return_id: Mapped[str | None] = mapped_column(ForeignKey("return.id"))
    exchange_id: Mapped[str | None] = mapped_column(ForeignKey("order_exchange.id"))
    claim_id: Mapped[str | None] = mapped_column(ForeignKey("order_claim.id"))
    version: Mapped[int] = mapped_column(Integer)
    ordering: Mapped[int] = mapped_column(
        BigInteger, ORDERING, server_default=ORDERING.next_value()
    )
    order_change_id: Mapped[str] = mapped_column(ForeignKey("order_change.id"))
    reference: Mapped[str | None]
    reference_id: Mapped[str | None]
    action: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    amount: Mapped[Decimal | None] = mapped_column(Numeric)
    internal_note: Mapped[str | None]
    applied: Mapped[Flag]
