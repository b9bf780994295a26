"""Tax providers: they turn the rates that apply to items into tax lines.

A provider is called once for all items of a cart or an order, before anything is locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


class TaxesUnknown(Exception):
    """The provider could not calculate the taxes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the goods go."""

    country_code: str
    province_code: str | None = None
    city: str | None = None
    postal_code: str | None = None
    address_1: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicableRate:
    """A rate from the shop's own tables that applies to an item, in percent."""

    id: str
    code: str
    name: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxableItem:
    """A line item or shipping method, with the rates that apply to it at the place.

    A shipping method has a quantity of one, and a shipping option in place of a product.
    """

    id: str
    rates: Sequence[ApplicableRate]
    quantity: Decimal
    unit_price: Decimal
    currency_code: str
    product_id: str | None = None
    product_type_id: str | None = None
    shipping_option_id: str | None = None


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A rate applied to an item."""

    item_id: str
    code: str
    name: str
    rate: Decimal
    rate_id: str | None = None


class TaxProvider(Protocol):
    """Calculates taxes; `id` is that of its row in `tax_provider`."""

    @property
    def id(self) -> str:
        """The id used by tax regions: `tp_<identifier>`."""
        ...

    async def tax_lines(self, items: Sequence[TaxableItem], place: Place) -> list[TaxLine]:
        """The lines of all items; raises `TaxesUnknown` if it cannot calculate them."""
        ...


class SystemTaxProvider:
    """The built-in provider: each applicable rate becomes a line."""

    id = "tp_system"

    async def tax_lines(self, items: Sequence[TaxableItem], place: Place) -> list[TaxLine]:
        """One line for each rate of each item."""
        return [
            TaxLine(item.id, rate.code, rate.name, rate.rate, rate.id)
            for item in items
            for rate in item.rates
        ]
