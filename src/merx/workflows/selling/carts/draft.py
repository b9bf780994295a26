"""A cart in memory while it is changed: loaded in one statement, altered, written back.

Each row knows its stored state, so only differences are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from merx.batch import Patch, Row
from merx.core.shapes import Json
from merx.modules.totals.totals import RowTotals, WholeTotals
from merx.workflows.selling.carts.variants import VariantFacts
from merx.workflows.selling.shipping_options import Known, PricedOption

NOTHING = Decimal(0)
NO_TOTALS = RowTotals(*[NOTHING] * 9)


class TaxRow(NamedTuple):
    """A tax line of a line or a method."""

    code: str
    description: str | None
    rate: Decimal
    tax_rate_id: str | None
    provider_id: str | None
    subtotal: Decimal = NOTHING
    total: Decimal = NOTHING


class AdjustmentRow(NamedTuple):
    """A promotion's discount on a line or a method."""

    promotion_id: str | None
    code: str | None
    amount: Decimal
    is_tax_inclusive: bool
    subtotal: Decimal = NOTHING
    total: Decimal = NOTHING


@dataclass(slots=True)
class Line:
    """A line item; `facts` are those of its variant now, None if it was deleted."""

    id: str
    variant_id: str | None
    product_id: str | None
    product_type_id: str | None
    title: str
    quantity: int
    metadata: Json | None
    unit_price: Decimal = NOTHING
    compare_at_unit_price: Decimal | None = None
    is_tax_inclusive: bool = False
    is_custom_price: bool = False
    is_discountable: bool = True
    requires_shipping: bool = True
    totals: RowTotals = NO_TOTALS
    taxes: tuple[TaxRow, ...] = ()
    adjustments: tuple[AdjustmentRow, ...] = ()
    facts: VariantFacts | None = None

    @property
    def price(self) -> Decimal:
        """The unit price."""
        return self.unit_price

    def columns(self) -> Patch:
        """The columns of a line that may change after it was added."""
        return {
            "quantity": self.quantity,
            "metadata": self.metadata,
            "unit_price": self.unit_price,
            "compare_at_unit_price": self.compare_at_unit_price,
            "is_tax_inclusive": self.is_tax_inclusive,
            "is_custom_price": self.is_custom_price,
            **self.totals.columns(),
        }


@dataclass(slots=True)
class Way:
    """A shipping method."""

    id: str
    shipping_option_id: str | None
    name: str
    amount: Decimal
    is_tax_inclusive: bool
    data: Json | None
    shipping_profile_id: str | None = None
    totals: RowTotals = NO_TOTALS
    taxes: tuple[TaxRow, ...] = ()
    adjustments: tuple[AdjustmentRow, ...] = ()
    quantity: int = 1

    @property
    def price(self) -> Decimal:
        """Its price."""
        return self.amount

    def columns(self) -> Patch:
        """The columns of a method that may change after it was chosen."""
        return {
            "name": self.name,
            "amount": self.amount,
            "is_tax_inclusive": self.is_tax_inclusive,
            "data": self.data,
            **self.totals.columns(),
        }


class Address(NamedTuple):
    """The part of an address that decides prices, taxes and shipping."""

    id: str
    country_code: str | None = None
    province: str | None = None
    city: str | None = None
    postal_code: str | None = None
    address_1: str | None = None


class Region(NamedTuple):
    """The region of a cart; `countries` are lower-case codes."""

    id: str
    name: str
    currency_code: str
    countries: tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """A cart being changed.

    - `added` lines must be for sale and have a price, `touched` ones must be in stock. Other lines
      keep what they have, so an address can be changed even if a variant was deleted.
    - `must_price`: all lines need a price.
    - `is_reworded`: lines take their texts anew, in the cart's present locale.
    - `new_codes`: promotion codes to add to `promotion_ids`. They must exist; those that do not
      apply are dropped.
    - `offers`: shipping options that were looked up for the change, by the question.
    - `has_offers`: whether there may be promotions without a code.
    - `digits`: the digits of the currency that the cart was loaded with.
    """

    id: str
    currency_code: str
    region: Region | None
    sales_channel_id: str | None
    version: int = 0
    customer_id: str | None = None
    has_account: bool = False
    email: str | None = None
    locale: str | None = None
    metadata: Json | None = None
    completed: bool = False
    shipping_address: Address | None = None
    billing_address_id: str | None = None
    lines: list[Line] = field(default_factory=list[Line])
    ways: list[Way] = field(default_factory=list[Way])
    credits: tuple[Decimal, ...] = ()
    promotion_ids: tuple[str, ...] = ()
    collection_id: str | None = None
    order_id: str | None = None
    digits: int = 2
    total: Decimal = NOTHING
    has_offers: bool = True
    totals: WholeTotals | None = None

    added: set[str] = field(default_factory=set[str])
    touched: set[str] = field(default_factory=set[str])
    must_price: bool = False
    is_reworded: bool = False
    is_taxed_outside: bool = False
    new_codes: tuple[str, ...] = ()
    offers: Known = field(default_factory=dict[str, list[PricedOption]])
    new_addresses: list[Row] = field(default_factory=list[Row])

    @property
    def has_collection(self) -> bool:
        """Whether the cart has a payment collection yet."""
        return self.collection_id is not None

    @property
    def region_id(self) -> str | None:
        """The region's id."""
        return self.region.id if self.region else None

    def line(self, line_id: str) -> Line | None:
        """The line with this id."""
        return next((line for line in self.lines if line.id == line_id), None)

    def header(self) -> Patch:
        """The columns of the cart itself."""
        return {
            "region_id": self.region_id,
            "customer_id": self.customer_id,
            "sales_channel_id": self.sales_channel_id,
            "email": self.email,
            "currency_code": self.currency_code,
            "shipping_address_id": self.shipping_address.id if self.shipping_address else None,
            "billing_address_id": self.billing_address_id,
            "metadata": self.metadata,
            "locale": self.locale,
            "version": self.version + 1,
            "reminded_at": None,
            **(self.totals.columns() if self.totals else {}),
        }


class StoredRow(NamedTuple):
    """A line or a method as it was loaded."""

    columns: Patch
    taxes: tuple[TaxRow, ...]
    adjustments: tuple[AdjustmentRow, ...]

    @classmethod
    def of(cls, row: Line | Way) -> "StoredRow":
        """The present content of the row."""
        return cls(row.columns(), row.taxes, row.adjustments)


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of a cart as they were loaded, by id."""

    lines: Mapping[str, StoredRow]
    ways: Mapping[str, StoredRow]
    promotion_ids: tuple[str, ...]

    @classmethod
    def of(cls, draft: Draft) -> "Stored":
        """The present content of the draft."""
        return cls(
            {one.id: StoredRow.of(one) for one in draft.lines},
            {one.id: StoredRow.of(one) for one in draft.ways},
            draft.promotion_ids,
        )
