"""Tables of shipping: where a location delivers, through which provider, with which options."""

from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, FlagOn, Id, Metadata, Timestamps, index, live_unique


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
    """A way in which a location delivers: shipping or pickup."""

    __tablename__ = "fulfillment_set"
    __table_args__ = (live_unique("fulfillment_set", "name"),)

    id: Mapped[Id]
    name: Mapped[str]
    type: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class ServiceZone(Base, Timestamps):
    """Places that a fulfillment set serves alike."""

    __tablename__ = "service_zone"
    __table_args__ = (
        live_unique("service_zone", "name"),
        index("service_zone", "fulfillment_set_id"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    fulfillment_set_id: Mapped[str] = mapped_column(ForeignKey("fulfillment_set.id"))


class GeoZone(Base, Timestamps):
    """A place of a service zone: a country, or a part of it as narrow as the type says."""

    __tablename__ = "geo_zone"
    __table_args__ = (
        index("geo_zone", "service_zone_id"),
        CheckConstraint("type IN ('country','province','city','zip')", name="type"),
        CheckConstraint("type = 'country' OR province_code IS NOT NULL", name="province"),
        CheckConstraint("type IN ('country','province') OR city IS NOT NULL", name="city"),
        CheckConstraint("type <> 'zip' OR postal_expression IS NOT NULL", name="zip"),
    )

    id: Mapped[Id]
    type: Mapped[str] = mapped_column(server_default=text("'country'"))
    country_code: Mapped[str]
    province_code: Mapped[str | None]
    city: Mapped[str | None]
    postal_expression: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    service_zone_id: Mapped[str] = mapped_column(ForeignKey("service_zone.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    # The code in its usual case, whatever case was sent.
    iso_2: Mapped[str] = mapped_column(
        Text, Computed("lower(country_code)", persisted=True), ForeignKey("country.iso_2")
    )


class ShippingOptionType(Base, Timestamps):
    """What an option means to the buyer: standard, express."""

    __tablename__ = "shipping_option_type"

    id: Mapped[Id]
    label: Mapped[str]
    description: Mapped[str | None]
    code: Mapped[str]


class ShippingOption(Base, Timestamps):
    """A delivery service with its price, for goods of a profile to a service zone."""

    __tablename__ = "shipping_option"
    __table_args__ = (
        index("shipping_option", "service_zone_id"),
        index("shipping_option", "shipping_profile_id"),
        index("shipping_option", "shipping_option_type_id"),
        index("shipping_option", "price_set_id"),
        CheckConstraint("price_type IN ('flat','calculated')", name="price_type"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    price_type: Mapped[str] = mapped_column(server_default=text("'flat'"))
    service_zone_id: Mapped[str] = mapped_column(ForeignKey("service_zone.id"))
    shipping_profile_id: Mapped[str | None] = mapped_column(ForeignKey("shipping_profile.id"))
    provider_id: Mapped[str | None] = mapped_column(ForeignKey("fulfillment_provider.id"))
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    shipping_option_type_id: Mapped[str] = mapped_column(ForeignKey("shipping_option_type.id"))
    price_set_id: Mapped[str] = mapped_column(ForeignKey("price_set.id"))


class ShippingOptionRule(Base, Timestamps):
    """A condition on the context in which an option is available."""

    __tablename__ = "shipping_option_rule"
    __table_args__ = (
        index("shipping_option_rule", "shipping_option_id"),
        CheckConstraint(
            "operator IN ('in','eq','ne','gt','gte','lt','lte','nin')", name="operator"
        ),
        CheckConstraint(
            "(operator IN ('in','nin')) = (jsonb_typeof(value) = 'array')", name="value"
        ),
    )

    id: Mapped[Id]
    attribute: Mapped[str]
    operator: Mapped[str]
    value: Mapped[Any | None] = mapped_column(JSONB)
    shipping_option_id: Mapped[str] = mapped_column(ForeignKey("shipping_option.id"))
