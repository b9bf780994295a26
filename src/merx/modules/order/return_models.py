"""Tables of what follows a sale: returns, claims, exchanges."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Amount, Base, Flag, Id, Metadata, Time, Timestamps, index
from merx.modules.order.kinds import Quantity, one_of

RETURN_DISPLAY_ID = Sequence("return_display_id_seq", metadata=Base.metadata)
CLAIM_DISPLAY_ID = Sequence("order_claim_display_id_seq", metadata=Base.metadata)
EXCHANGE_DISPLAY_ID = Sequence("order_exchange_display_id_seq", metadata=Base.metadata)


class Return(Base, Timestamps):
    """Items of an order that are to be returned, or were."""

    __tablename__ = "return"
    __table_args__ = (
        index("return", "order_id"),
        index("return", "claim_id"),
        index("return", "exchange_id"),
        index("return", "location_id"),
        Index("ix_return_created_at", "created_at"),
        Index("uq_return_display_id", "display_id", unique=True),
        one_of("status", "open", "requested", "received", "partially_received", "canceled"),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    claim_id: Mapped[str | None] = mapped_column(ForeignKey("order_claim.id"))
    exchange_id: Mapped[str | None] = mapped_column(ForeignKey("order_exchange.id"))
    order_version: Mapped[int] = mapped_column(Integer)
    display_id: Mapped[int] = mapped_column(
        Integer, RETURN_DISPLAY_ID, server_default=RETURN_DISPLAY_ID.next_value()
    )
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    location_id: Mapped[str | None] = mapped_column(ForeignKey("stock_location.id"))
    no_notification: Mapped[bool | None]
    refund_amount: Mapped[Decimal | None] = mapped_column(Numeric)
    created_by: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    requested_at: Mapped[Time | None]
    received_at: Mapped[Time | None]
    canceled_at: Mapped[Time | None]


class ReturnItem(Base, Timestamps):
    """The quantity of an item in a return, and how much of it was received or damaged."""

    __tablename__ = "return_item"
    __table_args__ = (
        index("return_item", "return_id"),
        index("return_item", "item_id"),
        index("return_item", "reason_id"),
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint(
            "received_quantity >= 0 AND damaged_quantity >= 0"
            " AND received_quantity + damaged_quantity <= quantity",
            name="received",
        ),
    )

    id: Mapped[Id]
    return_id: Mapped[str] = mapped_column(ForeignKey("return.id"))
    item_id: Mapped[str] = mapped_column(ForeignKey("order_line_item.id"))
    reason_id: Mapped[str | None] = mapped_column(ForeignKey("return_reason.id"))
    quantity: Mapped[Amount]
    received_quantity: Mapped[Quantity]
    damaged_quantity: Mapped[Quantity]
    note: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class ReturnFulfillment(Base):
    """The fulfillment ships the return back."""

    __tablename__ = "return_fulfillment"
    __table_args__ = (Index("uq_return_fulfillment_fulfillment_id", "fulfillment_id", unique=True),)

    return_id: Mapped[str] = mapped_column(ForeignKey("return.id"), primary_key=True)
    fulfillment_id: Mapped[str] = mapped_column(ForeignKey("fulfillment.id"), primary_key=True)
    id: Mapped[str]


class OrderClaim(Base, Timestamps):
    """A customer's complaint about an order, and what is replaced or refunded for it."""

    __tablename__ = "order_claim"
    __table_args__ = (
        index("order_claim", "order_id"),
        index("order_claim", "return_id"),
        Index("ix_order_claim_created_at", "created_at"),
        Index("uq_order_claim_display_id", "display_id", unique=True),
        one_of("type", "refund", "replace"),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    return_id: Mapped[str | None] = mapped_column(
        ForeignKey("return.id", use_alter=True, name="fk_order_claim_return_id")
    )
    order_version: Mapped[int] = mapped_column(Integer)
    display_id: Mapped[int] = mapped_column(
        Integer, CLAIM_DISPLAY_ID, server_default=CLAIM_DISPLAY_ID.next_value()
    )
    type: Mapped[str]
    no_notification: Mapped[bool | None]
    refund_amount: Mapped[Decimal | None] = mapped_column(Numeric)
    created_by: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    canceled_at: Mapped[Time | None]


class OrderClaimItem(Base, Timestamps):
    __tablename__ = "order_claim_item"
    __table_args__ = (
        index("order_claim_item", "claim_id"),
        index("order_claim_item", "item_id"),
        one_of(
            "reason",
            "missing_item",
            "wrong_item",
            "production_failure",
            "other",
            nullable=True,
        ),
        CheckConstraint("quantity >= 0", name="quantity"),
    )

    id: Mapped[Id]
    claim_id: Mapped[str] = mapped_column(ForeignKey("order_claim.id"))
    item_id: Mapped[str] = mapped_column(ForeignKey("order_line_item.id"))
    is_additional_item: Mapped[Flag]
    reason: Mapped[str | None]
    quantity: Mapped[Amount]
    note: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class OrderClaimItemImage(Base, Timestamps):
    __tablename__ = "order_claim_item_image"
    __table_args__ = (index("order_claim_item_image", "claim_item_id"),)

    id: Mapped[Id]
    claim_item_id: Mapped[str] = mapped_column(ForeignKey("order_claim_item.id"))
    url: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class OrderExchange(Base, Timestamps):
    """Items of an order that are exchanged for others."""

    __tablename__ = "order_exchange"
    __table_args__ = (
        index("order_exchange", "order_id"),
        index("order_exchange", "return_id"),
        Index("ix_order_exchange_created_at", "created_at"),
        Index("uq_order_exchange_display_id", "display_id", unique=True),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    return_id: Mapped[str | None] = mapped_column(
        ForeignKey("return.id", use_alter=True, name="fk_order_exchange_return_id")
    )
    order_version: Mapped[int] = mapped_column(Integer)
    display_id: Mapped[int] = mapped_column(
        Integer, EXCHANGE_DISPLAY_ID, server_default=EXCHANGE_DISPLAY_ID.next_value()
    )
    no_notification: Mapped[bool | None]
    allow_backorder: Mapped[Flag]
    difference_due: Mapped[Decimal | None] = mapped_column(Numeric)
    created_by: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    canceled_at: Mapped[Time | None]


class OrderExchangeItem(Base, Timestamps):
    __tablename__ = "order_exchange_item"
    __table_args__ = (
        index("order_exchange_item", "exchange_id"),
        index("order_exchange_item", "item_id"),
        CheckConstraint("quantity >= 0", name="quantity"),
    )

    id: Mapped[Id]
    exchange_id: Mapped[str] = mapped_column(ForeignKey("order_exchange.id"))
    item_id: Mapped[str] = mapped_column(ForeignKey("order_line_item.id"))
    quantity: Mapped[Amount]
    note: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
