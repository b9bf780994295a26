"""Bodies of store routes."""

from pydantic import Field

from merx.core.kinds import Input, Metadata, OpenInput, Title


class SupportedCurrency(OpenInput):
    """A currency that the store sells in.

    `is_tax_inclusive` says whether its amounts include tax.
    """

    currency_code: str
    is_default: bool = False
    is_tax_inclusive: bool = False


class SupportedLocale(OpenInput):
    """A locale that the store supports."""

    locale_code: str


class UpdateStore(Input):
    """Changes to a store; lists and metadata replace the old ones."""

    name: Title = ""
    supported_currencies: list[SupportedCurrency] = Field(default_factory=list[SupportedCurrency])
    supported_locales: list[SupportedLocale] = Field(default_factory=list[SupportedLocale])
    default_sales_channel_id: str | None = None
    default_region_id: str | None = None
    default_location_id: str | None = None
    metadata: Metadata | None = None
