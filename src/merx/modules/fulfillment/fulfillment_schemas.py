"""Bodies of fulfillment routes. Fields are declared in the order the reference checks them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from merx.core.clock import parse_time
from merx.core.kinds import Input, Metadata, OpenInput, Positive
from merx.core.web_address import WebAddress


def _moment(value: Any) -> Any:
    """A date as text, or as JavaScript's milliseconds since 1970."""
    if value is None or isinstance(value, datetime):
        return value
    moment = parse_time(value) if isinstance(value, str) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 8.64e15:
        moment = datetime.fromtimestamp(value / 1000, UTC)
    if moment is None:
        raise PydanticCustomError("date_type", "not a date")
    return moment


Moment = Annotated[
    datetime | None,
    BeforeValidator(_moment),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
]


class LabelInput(OpenInput):
    tracking_number: str
    tracking_url: WebAddress
    label_url: WebAddress


class DeliveryAddress(Input):
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


class FulfilledItem(OpenInput):
    """A quantity of one item of the fulfillment."""

    title: str
    sku: str
    quantity: Positive
    barcode: str
    line_item_id: str | None = None
    inventory_item_id: str | None = None


class CreateFulfillment(Input):
    location_id: str
    provider_id: str
    delivery_address: DeliveryAddress
    items: list[FulfilledItem]
    labels: list[LabelInput]
    order_id: str
    shipping_option_id: str | None = None
    data: Metadata | None
    packed_at: Moment = None
    shipped_at: Moment = None
    delivered_at: Moment = None
    canceled_at: Moment = None
    metadata: Metadata | None


class CreateShipment(Input):
    labels: list[LabelInput]
