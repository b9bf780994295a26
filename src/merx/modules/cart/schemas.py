"""Bodies of the cart routes."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from merx.core.id_or_object import ID_OR_OBJECT
from merx.core.kinds import Count, Email, Input, Metadata, Money, OpenInput


def _more_than_none(value: int) -> int:
    # The reference's messages name the bound that is missed.
    if value <= 0:
        raise PydanticCustomError("too_small", "too small", {"least": "0"})
    return value


def _none_or_more(value: int) -> int:
    if value < 0:
        raise PydanticCustomError("too_small", "too small", {"least": "0"})
    return value


Pieces = Annotated[Count, AfterValidator(_more_than_none)]
PiecesOrNone = Annotated[Count, AfterValidator(_none_or_more)]


class CreateCartAddress(Input):
    """An address of a new cart."""

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


class ChangeCartAddress(OpenInput):
    """An address that replaces one of a cart, or with an id changes it."""

    id: str | None = None
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


class CartItem(OpenInput):
    """A quantity of a variant in a new cart."""

    variant_id: str
    quantity: Pieces
    metadata: Metadata | None = None


class CreateCart(Input):
    region_id: str | None = None
    shipping_address: Annotated[CreateCartAddress | str | None, ID_OR_OBJECT] = None
    billing_address: Annotated[CreateCartAddress | str | None, ID_OR_OBJECT] = None
    email: Email | None = None
    currency_code: str | None = None
    items: list[CartItem] = Field(default_factory=list[CartItem])
    sales_channel_id: str | None = None
    promo_codes: list[str] = Field(default_factory=list[str])
    metadata: Metadata | None = None
    locale: str | None = None
    additional_data: Metadata | None = None


class UpdateCart(Input):
    """Omitted fields keep their value."""

    region_id: str = ""
    email: Email | None = None
    billing_address: ChangeCartAddress = ChangeCartAddress()
    shipping_address: ChangeCartAddress = ChangeCartAddress()
    sales_channel_id: str | None = None
    metadata: Metadata | None = None
    promo_codes: list[str] = Field(default_factory=list[str])
    locale: str | None = None
    additional_data: Metadata | None = None


class AddLine(Input):
    variant_id: str
    quantity: Pieces
    metadata: Metadata | None = None
    additional_data: Metadata | None = None


class ChangeLine(Input):
    quantity: PiecesOrNone
    metadata: Metadata | None = None
    additional_data: Metadata | None = None


class LinePrice(Input):
    """An admin's price for a line; null restores the catalogue's price."""

    unit_price: Money | None


class PromotionCodes(Input):
    promo_codes: list[str]


class ChosenOption(OpenInput):
    """A shipping option, with the data its provider needs."""

    option_id: str
    data: Metadata = Field(default_factory=dict[str, Any])
