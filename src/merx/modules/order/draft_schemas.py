"""Bodies of draft order routes and of order edits."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from merx.core.id_or_object import ID_OR_OBJECT
from merx.core.kinds import Count, Email, Input, Metadata, Money, Number, OpenInput, at_least
from merx.core.shapes import is_dict
from merx.modules.order.order_schemas import AddressInput


def _big(value: Any) -> Any:
    """A number, a number as text, or the reference's `{value, precision}`."""
    if is_dict(value):
        value = value.get("value")
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


BigNumber = Annotated[Number, BeforeValidator(_big)]
Units = Annotated[Count, at_least(1)]


class DraftItem(OpenInput):
    """A variant of the catalogue, or a custom item with its own title and price."""

    title: str | None = None
    variant_sku: str | None = None
    variant_barcode: str | None = None
    sku: str | None = None
    barcode: str | None = None
    variant_id: str | None = None
    unit_price: BigNumber | None = None
    quantity: Units
    metadata: Metadata | None = None


class DraftMethod(OpenInput):
    shipping_method_id: str | None = None
    name: str
    shipping_option_id: str
    data: Metadata | None = None
    amount: BigNumber


class CreateDraft(Input):
    status: str | None = None
    sales_channel_id: str | None = None
    email: Email | None = None
    customer_id: str | None = None
    billing_address: Annotated[AddressInput | str | None, ID_OR_OBJECT] = None
    shipping_address: Annotated[AddressInput | str | None, ID_OR_OBJECT] = None
    items: list[DraftItem] = Field(default_factory=list[DraftItem])
    region_id: str
    promo_codes: list[str] = Field(default_factory=list[str])
    currency_code: str | None = None
    no_notification_order: bool | None = None
    shipping_methods: list[DraftMethod] = Field(default_factory=list[DraftMethod])
    locale: str | None = None
    metadata: Metadata | None = None
    additional_data: Metadata | None = None


class UpdateDraft(Input):
    email: Email | None = None
    customer_id: str | None = None
    sales_channel_id: str | None = None
    shipping_address: AddressInput | None = None
    billing_address: AddressInput | None = None
    metadata: Metadata | None = None
    locale: str | None = None


class AddedItem(OpenInput):
    variant_id: str | None = None
    title: str | None = None
    quantity: Units
    unit_price: Money | None = None
    compare_at_unit_price: Money | None = None
    internal_note: str | None = None
    allow_backorder: bool | None = None
    metadata: Metadata | None = None


class AddItems(Input):
    items: list[AddedItem]


class ChangeItem(Input):
    quantity: Count
    unit_price: Money | None = None
    compare_at_unit_price: Money | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class AddMethod(Input):
    shipping_option_id: str
    custom_amount: Money | None = None
    description: str | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class ChangeMethod(Input):
    shipping_option_id: str | None = None
    custom_amount: Money | None = None
    description: str | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class PromoCodes(Input):
    promo_codes: list[str]
