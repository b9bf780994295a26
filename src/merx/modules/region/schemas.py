"""Bodies of region routes."""

from pydantic import Field

from merx.core.kinds import Input, Metadata, Title


class CreateRegion(Input):
    """Countries that share a currency and tax settings."""

    name: Title
    currency_code: str
    countries: list[str] = Field(default_factory=list[str])
    automatic_taxes: bool = True
    is_tax_inclusive: bool = False
    payment_providers: list[str] = Field(default_factory=list[str])
    metadata: Metadata | None = None


class UpdateRegion(CreateRegion):
    """Changes to a region; given lists replace the old ones."""

    name: Title = ""
    currency_code: str = ""
