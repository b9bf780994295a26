"""Tables of fulfillments: what was sent where, by whom, and its state."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Amount, Base, FlagOn, Id, Metadata, Time, Timestamps, check, index


class FulfillmentAddress(Base, Timestamps):
    """A fulfillment's destination; a copy, so later changes of the buyer's address do not affect
    it.
    """

    __tablename__ = "fulfillment_address"

    id: Mapped[Id]
    company: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    address_1: Mapped[str | None]
    address_2: Mapped[str | None]
    city: Mapped[str | None]
    country_code: Mapped[str | None]
    province: Mapped[str | None]
    postal_code: Mapped[str | None]
    phone: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class Fulfillment(Base, Timestamps):
    """Goods handed over: packed, shipped, delivered, or canceled before shipment."""

    __tablename__ = "fulfillment"
    __table_args__ = (
        index("fulfillment", "location_id"),
        index("fulfillment", "shipping_option_id"),
        index("fulfillment", "delivery_address_id"),
        check(
            "canceled_at IS NULL OR shipped_at IS NULL",
            name="canceled_unshipped",
            message="A fulfillment that was shipped cannot be canceled",
        ),
        check(
            "canceled_at IS NULL OR delivered_at IS NULL",
            name="canceled_undelivered",
            message="A fulfillment that was delivered cannot be canceled",
        ),
    )

    id: Mapped[Id]
    location_id: Mapped[str] = mapped_column(ForeignKey("stock_location.id"))
    packed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    marked_shipped_by: Mapped[str | None]
    created_by: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    requires_shipping: Mapped[FlagOn]
    provider_id: Mapped[str | None] = mapped_column(ForeignKey("fulfillment_provider.id"))
    shipping_option_id: Mapped[str | None] = mapped_column(ForeignKey("shipping_option.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    delivery_address_id: Mapped[str | None] = mapped_column(ForeignKey("fulfillment_address.id"))


class FulfillmentItem(Base, Timestamps):
    """A quantity of one line item or inventory item in a fulfillment."""

    __tablename__ = "fulfillment_item"
    __table_args__ = (
        index("fulfillment_item", "fulfillment_id"),
        index("fulfillment_item", "line_item_id"),
        check("quantity > 0", name="quantity_positive", message="quantity must be greater than 0"),
    )

    id: Mapped[Id]
    title: Mapped[str]
    sku: Mapped[str]
    barcode: Mapped[str]
    quantity: Mapped[Amount]
    line_item_id: Mapped[str | None]
    inventory_item_id: Mapped[str | None]
    fulfillment_id: Mapped[str] = mapped_column(ForeignKey("fulfillment.id"))


class FulfillmentLabel(Base, Timestamps):
    """A label on a parcel, for tracking."""

    __tablename__ = "fulfillment_label"
    __table_args__ = (index("fulfillment_label", "fulfillment_id"),)

    id: Mapped[Id]
    tracking_number: Mapped[str]
    tracking_url: Mapped[str]
    label_url: Mapped[str]
    fulfillment_id: Mapped[str] = mapped_column(ForeignKey("fulfillment.id"))


class FulfillmentRequest(Base):
    """A request to an external provider, written before it is sent and completed with the answer.

    One that stays `requested` or `undoing` was interrupted: a job settles it, and `merx doctor`
    reports it. The fulfillment's id is sent as the idempotency key.
    """

    __tablename__ = "fulfillment_request"
    __table_args__ = (
        CheckConstraint("action IN ('create','create_return','cancel')", name="action"),
        CheckConstraint("state IN ('requested','done','failed','undoing','undone')", name="state"),
        Index(
            "ix_fulfillment_request_open",
            "updated_at",
            postgresql_where=text("state IN ('requested','undoing')"),
        ),
    )

    fulfillment_id: Mapped[str] = mapped_column(Text, primary_key=True)
    action: Mapped[str] = mapped_column(Text, primary_key=True)
    provider_id: Mapped[str] = mapped_column(ForeignKey("fulfillment_provider.id"))
    state: Mapped[str] = mapped_column(server_default=text("'requested'"))
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    updated_at: Mapped[Time] = mapped_column(server_default=text("now()"))
