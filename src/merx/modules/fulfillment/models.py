"""Tables of delivery."""

from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, FlagOn, Id, Metadata, Timestamps, live_unique


class ShippingProfile(Base, Timestamps):
    """Products that are shipped alike."""

    __tablename__ = "shipping_profile"
    __table_args__ = (live_unique("shipping_profile", "name"),)

    id: Mapped[Id]
    name: Mapped[str]
    type: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class FulfillmentProvider(Base, Timestamps):
    __tablename__ = "fulfillment_provider"

    id: Mapped[Id]
    is_enabled: Mapped[FlagOn]


class FulfillmentSet(Base, Timestamps):
    """Ways one location can deliver: by shipping, for pickup."""

    __tablename__ = "fulfillment_set"
    __table_args__ = (live_unique("fulfillment_set", "name"),)

    id: Mapped[Id]
    name: Mapped[str]
    type: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
