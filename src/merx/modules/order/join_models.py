"""Join tables of orders: what fulfills them, and the promotions they used."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, index


class OrderFulfillment(Base):
    """A fulfillment with items of the order."""

    __tablename__ = "order_fulfillment"
    __table_args__ = (Index("uq_order_fulfillment_fulfillment_id", "fulfillment_id", unique=True),)

    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), primary_key=True)
    fulfillment_id: Mapped[str] = mapped_column(ForeignKey("fulfillment.id"), primary_key=True)
    id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class OrderPromotion(Base):
    """A promotion used by the order."""

    __tablename__ = "order_promotion"
    __table_args__ = (index("order_promotion", "promotion_id", "order_id"),)

    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), primary_key=True)
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id"), primary_key=True)
    id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
