"""Bodies of order routes."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from merx.core.kinds import Email, Input, Metadata, Number, OpenInput
from merx.core.web_address import WebAddress


class AddressInput(Input):
    """An address of an order; in a change, omitted fields keep their value."""

    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    country_code: str | None = None
    province: str | None = None
    postal_code: str | None = None
    metadata: Metadata | None = None


class UpdateOrder(Input):
    email: Email | None = None
    shipping_address: AddressInput | None = None
    billing_address: AddressInput | None = None
    locale: str | None = None
    metadata: Metadata | None = None


class ItemQuantity(OpenInput):
    """A quantity of a line."""

    id: str
    quantity: Number


def _some(value: list[ItemQuantity]) -> list[ItemQuantity]:
    if not value:
        raise PydanticCustomError("too_small", "too small", {"least": "1"})
    return value


Some = Annotated[list[ItemQuantity], AfterValidator(_some)]


class FulfillOrder(Input):
    items: Some
    location_id: str | None = None
    shipping_option_id: str | None = None
    no_notification: bool | None = None
    delivery_address: AddressInput | None = None
    metadata: Metadata | None = None
    additional_data: Metadata | None = None


class LabelInput(OpenInput):
    tracking_number: str
    tracking_url: WebAddress
    label_url: WebAddress


class ShipOrder(Input):
    items: Some
    labels: list[LabelInput] = Field(default_factory=list[LabelInput])
    no_notification: bool | None = None
    metadata: Metadata | None = None
    additional_data: Metadata | None = None


class Quietly(Input):
    """Whether to notify the customer."""

    no_notification: bool | None = None
    additional_data: Metadata | None = None


class AddCreditLine(Input):
    amount: Number
    reference: str
    reference_id: str
    metadata: Metadata | None = None


class RequestTransfer(Input):
    customer_id: str
    description: str | None = None
    internal_note: str | None = None
    update_order_email: bool | None = None


class TransferToGuest(Input):
    email: Email
    description: str | None = None
    internal_note: str | None = None


class StoreTransfer(Input):
    description: str | None = None
    update_order_email: bool | None = None


class TransferToken(Input):
    token: str


class UpdateChange(Input):
    carry_over_promotions: bool | None = None
    internal_note: str | None = None
