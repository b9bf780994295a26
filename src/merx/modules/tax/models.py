"""Tables of taxes: regions, their rates, and what the rates apply to."""

from sqlalchemy import ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import (
    Amount,
    Base,
    Flag,
    FlagOn,
    Id,
    Metadata,
    Timestamps,
    check,
    index,
    live_unique,
)


class TaxProvider(Base, Timestamps):
    __tablename__ = "tax_provider"

    id: Mapped[Id]
    is_enabled: Mapped[FlagOn]


class TaxRegion(Base, Timestamps):
    """A country, or a province below it, under one tax regime."""

    __tablename__ = "tax_region"
    __table_args__ = (
        # One regime for a country and one for each of its provinces; codes are lower case.
        Index(
            "uq_tax_region_country_code",
            "country_code",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND province_code IS NULL"),
        ),
        Index(
            "uq_tax_region_country_code_province_code",
            "country_code",
            "province_code",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND province_code IS NOT NULL"),
        ),
        index("tax_region", "parent_id"),
        check(
            "parent_id IS NULL OR province_code IS NOT NULL",
            name="child_province",
            message="A tax region below another one needs a province_code",
        ),
        check(
            "parent_id IS NULL OR provider_id IS NULL",
            name="child_provider",
            message="A tax region below another one has its parent's provider",
        ),
        check(
            "parent_id IS NOT NULL OR provider_id IS NOT NULL",
            name="top_provider",
            message="A tax region of a country needs a provider_id",
        ),
    )

    id: Mapped[Id]
    country_code: Mapped[str] = mapped_column(ForeignKey("country.iso_2"))
    province_code: Mapped[str | None]
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("tax_region.id"))
    provider_id: Mapped[str | None] = mapped_column(ForeignKey("tax_provider.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    created_by: Mapped[str | None]


class TaxRate(Base, Timestamps):
    """A rate in percent: the default of its region, or for what its rules name."""

    __tablename__ = "tax_rate"
    __table_args__ = (
        Index(
            "uq_tax_rate_tax_region_id",
            "tax_region_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND is_default"),
        ),
        index("tax_rate", "tax_region_id"),
        check("rate >= 0", name="rate_not_negative", message="A tax rate must not be negative"),
    )

    id: Mapped[Id]
    rate: Mapped[Amount | None] = mapped_column(Numeric)
    code: Mapped[str]
    name: Mapped[str]
    is_default: Mapped[Flag]
    is_combinable: Mapped[Flag]
    tax_region_id: Mapped[str] = mapped_column(ForeignKey("tax_region.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    created_by: Mapped[str | None]


class TaxRateRule(Base, Timestamps):
    """What a rate applies to: a product, a product type or a shipping option.

    `reference_id` has no foreign key, as it refers to one of three tables.
    """

    __tablename__ = "tax_rate_rule"
    __table_args__ = (
        live_unique("tax_rate_rule", "tax_rate_id", "reference_id"),
        index("tax_rate_rule", "tax_rate_id"),
        index("tax_rate_rule", "reference_id"),
    )

    id: Mapped[Id]
    reference: Mapped[str]
    reference_id: Mapped[str]
    tax_rate_id: Mapped[str] = mapped_column(ForeignKey("tax_rate.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    created_by: Mapped[str | None]
