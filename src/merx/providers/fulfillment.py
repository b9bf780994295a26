"""Fulfillment providers: what they are asked and what they answer.

Amounts are exact decimals in the currency's unit (9.95). A provider is never called while a lock is
held; docs/reference/delivery.md explains how to write one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from merx.core.shapes import Json

Data = Mapping[str, Any]


class DeliveryRefused(Exception):
    """The provider refused, and nothing has happened: it does not deliver there, or not that."""


@dataclass(frozen=True, slots=True)
class ServiceOption:
    """A service of the provider that shops can turn into shipping options.

    `data` is whatever the provider wants back with the option.
    """

    id: str
    name: str = ""
    is_return: bool = False
    data: Data = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the goods go."""

    country_code: str | None = None
    province: str | None = None
    city: str | None = None
    postal_code: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    company: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """A quantity of one thing to deliver."""

    title: str
    quantity: Decimal
    sku: str = ""
    barcode: str = ""
    variant_id: str | None = None
    line_item_id: str | None = None
    inventory_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """What to deliver, from where and to where, as far as known when a price is calculated."""

    currency_code: str
    to: Destination | None = None
    location_id: str | None = None
    goods: Sequence[Goods] = ()
    cart_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPrice:
    """The provider's price, in the currency of the parcel."""

    amount: Decimal
    is_tax_inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    """Goods to be handed over.

    `key` is the id of the fulfillment, the same in every repetition of the request. `option` is the
    data of the shipping option, `data` that of the method.
    """

    key: str
    location_id: str
    to: Destination
    goods: Sequence[Goods]
    option: Data = field(default_factory=dict[str, Any])
    data: Data = field(default_factory=dict[str, Any])
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A label on a parcel."""

    tracking_number: str
    tracking_url: str
    label_url: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider accepted the goods; `data` is what it wants back later."""

    data: Data = field(default_factory=dict[str, Any])
    labels: Sequence[Label] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a fulfillment: an invoice, a label."""

    kind: str
    url: str


class FulfillmentProvider(Protocol):
    """Delivers goods. A call repeated with the same key must not be executed twice.

    A call raises `DeliveryRefused` if nothing has happened. After any other exception the outcome
    counts as unknown.
    """

    @property
    def id(self) -> str:
        """The id of its row in `fulfillment_provider`: `<identifier>_<name>`."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it answers from its arguments alone, without calling anything external.

        It may then be called while rows are locked, and cannot wait (`at_once`).
        """
        ...

    async def options(self) -> Sequence[ServiceOption]:
        """The services it offers."""
        ...

    async def validate_option(self, option: Data) -> bool:
        """Whether this data is valid for a shipping option."""
        ...

    async def validate_data(self, option: Data, data: Data, parcel: Parcel) -> Data:
        """The data that a chosen method stores, from the buyer's data."""
        ...

    async def can_calculate(self, option: Data) -> bool:
        """Whether it can calculate the option's price with this data."""
        ...

    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        """The price of delivering the parcel."""
        ...

    async def create_fulfillment(self, handover: Handover) -> Accepted:
        """Deliver goods to a buyer."""
        ...

    async def create_return(self, handover: Handover) -> Accepted:
        """Pick goods up from a buyer."""
        ...

    async def cancel_fulfillment(self, key: str, data: Data) -> None:
        """Cancel a delivery, which may already be canceled; `data` is its earlier answer."""
        ...

    async def documents(self, data: Data, kind: str = "") -> Sequence[Document]:
        """The documents of a delivery, optionally of one kind."""
        ...


class ManualProvider:
    """The built-in provider: parcels are handled manually, so it accepts everything and calculates
    no prices.
    """

    id = "manual_manual"
    is_local = True

    async def options(self) -> Sequence[ServiceOption]:
        """One service for deliveries and one for returns."""
        return (
            ServiceOption("manual-fulfillment"),
            ServiceOption("manual-fulfillment-return", is_return=True),
        )

    async def validate_option(self, option: Data) -> bool:
        """Always true."""
        return True

    async def validate_data(self, option: Data, data: Data, parcel: Parcel) -> Data:
        """The data unchanged."""
        return data

    async def can_calculate(self, option: Data) -> bool:
        """Always false."""
        return False

    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        """It has no prices."""
        raise DeliveryRefused("The manual provider does not calculate prices")

    async def create_fulfillment(self, handover: Handover) -> Accepted:
        """Always accepted."""
        return Accepted()

    async def create_return(self, handover: Handover) -> Accepted:
        """Always accepted."""
        return Accepted()

    async def cancel_fulfillment(self, key: str, data: Data) -> None:
        """Always accepted."""

    async def documents(self, data: Data, kind: str = "") -> Sequence[Document]:
        """None."""
        return ()


def shown_option(option: ServiceOption) -> Json:
    """A service as the API shows it, without empty values."""
    shown: Json = {"id": option.id, **option.data}
    if option.name:
        shown["name"] = option.name
    if option.is_return:
        shown["is_return"] = True
    return shown


class FulfillmentProviders(dict[str, FulfillmentProvider]):
    """The app's providers by id."""

    @classmethod
    def of(cls, providers: Iterable[FulfillmentProvider]) -> "FulfillmentProviders":
        """The given ones and the manual one."""
        return cls({one.id: one for one in (ManualProvider(), *providers)})
