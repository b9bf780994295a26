"""Who delivers: what a fulfillment provider is asked and what it answers.

Amounts are exact decimals in the currency's unit (9.95). A provider is never asked while a lock is
held; docs/reference/delivery.md tells how one is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

Data = Mapping[str, Any]


class DeliveryRefused(Exception):
    """The provider said no, and nothing has happened: it does not deliver there, or not that."""


class AnswerUnknown(Exception):
    """The provider gave no answer: it may have done what it was asked, or not."""


@dataclass(frozen=True, slots=True)
class ServiceOption:
    """A service that the provider offers, out of which a shop makes its shipping options.

    `data` is whatever else the provider wants to be given back with the option.
    """

    id: str
    name: str = ""
    is_return: bool = False
    data: Data = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Destination:
    """Where goods go."""

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
    """Some of one thing that is to be delivered."""

    title: str
    quantity: Decimal
    sku: str = ""
    barcode: str = ""
    variant_id: str | None = None
    line_item_id: str | None = None
    inventory_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be delivered from where to where, as far as it is known when a price is asked."""

    currency_code: str
    to: Destination | None = None
    location_id: str | None = None
    goods: Sequence[Goods] = ()
    cart_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPrice:
    """What the provider takes, in the currency of the parcel."""

    amount: Decimal
    is_tax_inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    """Goods that are handed over. `key` is the same whenever the same thing is asked again: the id
    of the fulfillment. `option` is the data of the shipping option, `data` that of the method."""

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
    """The provider took a handover; `data` is what it wants to be told the next time."""

    data: Data = field(default_factory=dict[str, Any])
    labels: Sequence[Label] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A paper of a fulfillment: an invoice, a label."""

    kind: str
    url: str


class FulfillmentProvider(Protocol):
    """Delivers goods. What it is asked with the same key again, it must not do twice.

    A call raises `DeliveryRefused` if nothing has happened, and `AnswerUnknown` if it cannot tell.
    Whatever else it raises counts as unknown.
    """

    @property
    def id(self) -> str:
        """The id of its row in `fulfillment_provider`: `<identifier>_<name>`."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it answers at once from what it is given and asks nobody outside.

        It may then be asked while rows are locked, and cannot wait (`at_once`)."""
        ...

    async def options(self) -> Sequence[ServiceOption]:
        """The services it offers."""
        ...

    async def validate_option(self, option: Data) -> bool:
        """Whether a shipping option can be made with this data."""
        ...

    async def validate_data(self, option: Data, data: Data, parcel: Parcel) -> Data:
        """What a chosen method keeps of the data that the buyer sent."""
        ...

    async def can_calculate(self, option: Data) -> bool:
        """Whether it can price the option with this data."""
        ...

    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        """The price of delivering the parcel."""
        ...

    async def create_fulfillment(self, handover: Handover) -> Accepted:
        """Take goods to a buyer."""
        ...

    async def create_return(self, handover: Handover) -> Accepted:
        """Fetch goods back from a buyer."""
        ...

    async def cancel_fulfillment(self, key: str, data: Data) -> None:
        """Give up a handover, which may have been canceled already; `data` is its answer to it."""
        ...

    async def documents(self, data: Data, kind: str = "") -> Sequence[Document]:
        """The papers of a handover, or those of a kind."""
        ...


class ManualProvider:
    """The shop's own: parcels are carried by hand, so it says yes and has no price of its own."""

    id = "manual_manual"
    is_local = True

    async def options(self) -> Sequence[ServiceOption]:
        """One way there and one way back."""
        return (
            ServiceOption("manual-fulfillment"),
            ServiceOption("manual-fulfillment-return", is_return=True),
        )

    async def validate_option(self, option: Data) -> bool:
        """Always."""
        return True

    async def validate_data(self, option: Data, data: Data, parcel: Parcel) -> Data:
        """As it is."""
        return data

    async def can_calculate(self, option: Data) -> bool:
        """Never."""
        return False

    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        """It has none."""
        raise DeliveryRefused("The manual provider does not calculate prices")

    async def create_fulfillment(self, handover: Handover) -> Accepted:
        """Always."""
        return Accepted()

    async def create_return(self, handover: Handover) -> Accepted:
        """Always."""
        return Accepted()

    async def cancel_fulfillment(self, key: str, data: Data) -> None:
        """Always."""

    async def documents(self, data: Data, kind: str = "") -> Sequence[Document]:
        """None."""
        return ()


def shown_option(option: ServiceOption) -> dict[str, Any]:
    """A service as the API shows it: what is empty is left out."""
    shown: dict[str, Any] = {"id": option.id, **option.data}
    if option.name:
        shown["name"] = option.name
    if option.is_return:
        shown["is_return"] = True
    return shown


class FulfillmentProviders(dict[str, FulfillmentProvider]):
    """The providers that the app was given, by id."""

    @classmethod
    def of(cls, providers: Iterable[FulfillmentProvider]) -> "FulfillmentProviders":
        """Those given and the manual one."""
        return cls({one.id: one for one in (ManualProvider(), *providers)})
