"""Bodies of price list routes. Fields are declared in the order the reference checks them."""

from decimal import Decimal
from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import Field, model_validator

from merx.core.kinds import Input, Metadata, Money, Number, OpenInput, Title, one_of, rule

STATUSES = ("active", "draft")
TYPES = ("sale", "override")


ListStatus = Annotated[Literal["active", "draft"], one_of(*STATUSES)]
ListType = Annotated[Literal["sale", "override"], one_of(*TYPES)]


class _Bounded(Protocol):
    min_quantity: Decimal | None
    max_quantity: Decimal | None


_Price = TypeVar("_Price", bound=_Bounded)


def _check_bounds(price: _Price) -> _Price:
    least, most = price.min_quantity, price.max_quantity
    if least is not None and most is not None and least > most:
        raise rule("must not be greater than 'max_quantity'", "min_quantity")
    return price


class ListedPrice(OpenInput):
    """A new price of a variant in a price list. Amounts are in major units."""

    currency_code: str
    amount: Money
    variant_id: str
    min_quantity: Number | None = None
    max_quantity: Number | None = None
    rules: dict[str, str] = Field(default_factory=dict[str, str])

    _bounds = model_validator(mode="after")(_check_bounds)


class ListedPricePatch(OpenInput):
    """Changes to a price of a list, which then belongs to the variant named here."""

    id: str
    currency_code: str = ""
    amount: Money = Decimal(0)
    variant_id: str
    min_quantity: Number | None = None
    max_quantity: Number | None = None
    rules: dict[str, str] = Field(default_factory=dict[str, str])

    _bounds = model_validator(mode="after")(_check_bounds)


class CreatePriceList(Input):
    """Times are ISO 8601; without them a list applies immediately and indefinitely."""

    title: Title
    description: str
    starts_at: str | None = None
    ends_at: str | None = None
    status: ListStatus = "draft"
    type: ListType = "sale"
    rules: dict[str, list[str]] = Field(default_factory=dict[str, list[str]])
    prices: list[ListedPrice] = Field(default_factory=list[ListedPrice])
    metadata: Metadata | None = None


class UpdatePriceList(Input):
    title: Title = ""
    description: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    status: ListStatus = "draft"
    type: ListType = "sale"
    rules: dict[str, list[str]] = Field(default_factory=dict[str, list[str]])
    metadata: Metadata | None = None


class BatchListedPrices(Input):
    """Prices to delete, then to update, then to create."""

    create: list[ListedPrice] = Field(default_factory=list[ListedPrice])
    update: list[ListedPricePatch] = Field(default_factory=list[ListedPricePatch])
    delete: list[str] = Field(default_factory=list[str])


class RemoveProducts(Input):
    remove: list[str] = Field(default_factory=list[str])
