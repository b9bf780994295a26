"""Tables of stock locations."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Metadata, Timestamps, live_unique


class StockLocationAddress(Base, Timestamps):
    __tablename__ = "stock_location_address"

    id: Mapped[Id]
    address_1: Mapped[str]
    address_2: Mapped[str | None]
    company: Mapped[str | None]
    city: Mapped[str | None]
    country_code: Mapped[str]
    phone: Mapped[str | None]
    province: Mapped[str | None]
    postal_code: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class StockLocation(Base, Timestamps):
    __tablename__ = "stock_location"
    __table_args__ = (live_unique("stock_location", "address_id"),)

    id: Mapped[Id]
    name: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    address_id: Mapped[str | None] = mapped_column(ForeignKey("stock_location_address.id"))


class SalesChannelStockLocation(Base):
    """The channel sells stock of the location."""

    __tablename__ = "sales_channel_stock_location"
    __table_args__ = (
        Index("ix_sales_channel_stock_location_stock_location_id", "stock_location_id"),
    )

    sales_channel_id: Mapped[str] = mapped_column(ForeignKey("sales_channel.id"), primary_key=True)
    stock_location_id: Mapped[str] = mapped_column(
        ForeignKey("stock_location.id"), primary_key=True
    )
    id: Mapped[str] = mapped_column(Text)


class LocationFulfillmentProvider(Base):
    """The provider delivers from the location."""

    __tablename__ = "location_fulfillment_provider"
    __table_args__ = (
        Index("ix_location_fulfillment_provider_provider_id", "fulfillment_provider_id"),
    )

    stock_location_id: Mapped[str] = mapped_column(
        ForeignKey("stock_location.id"), primary_key=True
    )
    fulfillment_provider_id: Mapped[str] = mapped_column(
        ForeignKey("fulfillment_provider.id"), primary_key=True
    )
    id: Mapped[str] = mapped_column(Text)


class LocationFulfillmentSet(Base):
    """The location delivers in the ways of the set; a set belongs to one location."""

    __tablename__ = "location_fulfillment_set"
    __table_args__ = (Index("ix_location_fulfillment_set_stock_location_id", "stock_location_id"),)

    fulfillment_set_id: Mapped[str] = mapped_column(
        ForeignKey("fulfillment_set.id"), primary_key=True
    )
    stock_location_id: Mapped[str] = mapped_column(ForeignKey("stock_location.id"))
    id: Mapped[str] = mapped_column(Text)
