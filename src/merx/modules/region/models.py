"""Tables of regions and their countries."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, FlagOn, Id, Metadata, Timestamps


class Region(Base, Timestamps):
    __tablename__ = "region"

    id: Mapped[Id]
    name: Mapped[str]
    automatic_taxes: Mapped[FlagOn]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))


class Country(Base, Timestamps):
    __tablename__ = "country"
    __table_args__ = (Index("ix_country_region_id", "region_id"),)

    iso_2: Mapped[str] = mapped_column(Text, primary_key=True)
    iso_3: Mapped[str]
    num_code: Mapped[str]
    name: Mapped[str]
    display_name: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    region_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"))


class RegionPaymentProvider(Base):
    """The payment provider is available in the region."""

    __tablename__ = "region_payment_provider"
    __table_args__ = (
        Index("ix_region_payment_provider_payment_provider_id", "payment_provider_id"),
    )

    region_id: Mapped[str] = mapped_column(ForeignKey("region.id"), primary_key=True)
    payment_provider_id: Mapped[str] = mapped_column(
        ForeignKey("payment_provider.id"), primary_key=True
    )
    id: Mapped[str]
