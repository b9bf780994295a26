"""Tables of places with stock."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Metadata, Timestamps


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

    id: Mapped[Id]
    name: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    address_id: Mapped[str | None] = mapped_column(ForeignKey("stock_location_address.id"))


class SalesChannelStockLocation(Base):
    """Stock at the location counts for the channel."""

    __tablename__ = "sales_channel_stock_location"
    __table_args__ = (
        Index("ix_sales_channel_stock_location_stock_location_id", "stock_location_id"),
    )

    sales_channel_id: Mapped[str] = mapped_column(ForeignKey("sales_channel.id"), primary_key=True)
    stock_location_id: Mapped[str] = mapped_column(
        ForeignKey("stock_location.id"), primary_key=True
    )
    id: Mapped[str] = mapped_column(Text)
